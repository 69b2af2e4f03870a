module <module>  line 1, 4 registers
    1: def f(x):
      0  LoadUndef    r1
      1  LoadUndef    r2
      2  LoadUndef    r3
      3  MakeFunction r0, r1.., code 0     ; f
      4  SetGlobal    r0                   ; f
   12: def g(x):
      6  LoadUndef    r1
      7  LoadUndef    r2
      8  LoadUndef    r3
      9  MakeFunction r0, r1.., code 1     ; g
     10  SetGlobal    r0                   ; g
     12  RetNone

function f(x)  line 1, 10 registers
    2:     for item in x:
      0  GetIter      r2, r0               ; x
      1  Jmp          -> 29
    4:             if item:
      2  JFalse       r1, -> 8             ; item
    5:                 return item.value
      3  GetAttr      r3, r1               ; item, value
      7  Jmp          -> 19
    6:             if x:
      8  JFalse       r0, -> 24            ; x
    7:                 return x
      9  Move         r3, r0               ; x
     10  Jmp          -> 19
    8:             break
     11  Jmp          -> 24
   10:             done()
     12  PushHandled  r4, r5, 0
     13  GetGlobal    r6                   ; done
     16  Call         r6, r6.., 0
     17  PopHandled   r4
     18  Reraise      r5
     19  GetGlobal    r6                   ; done
     22  Call         r6, r6.., 0
     23  Ret          r3
     24  GetGlobal    r6                   ; done
     27  Call         r6, r6.., 0
     28  Jmp          -> 30
    2:     for item in x:
     29  ForIter      r1, r2, -> 2         ; item
     30  RetNone
   10:             done()
     31  PopHandled   r4
     32  Reraise      r5
  2..7 guarded by 12 (r5)
  8..10 guarded by 12 (r5)
  13..17 guarded by 31 (r5)

function g(x)  line 12, 8 registers
   12: def g(x):
      0  LoadUndef    r1                   ; error
   14:         x()
      1  Move         r4, r0               ; x
      2  Call         r4, r4.., 0
   20:         x = 1
      3  LoadInt      r0, 1                ; x
      4  Jmp          -> 28
   15:     except ValueError as error:
      5  PushHandled  r2, r3, 0
      6  GetGlobal    r4                   ; ValueError
      9  ExcMatch     r5, r3, r4
     10  JFalse       r5, -> 16
     11  Move         r1, r3               ; error
   16:         return error
     12  Move         r4, r1               ; error
     13  PopHandled   r2
     14  LoadUndef    r1                   ; error
     15  Ret          r4
   17:     except (KeyError, OSError):
     16  GetGlobal    r5                   ; KeyError
     19  GetGlobal    r6                   ; OSError
     22  BuildTuple   r4, r5.., 2
     23  ExcMatch     r5, r3, r4
     24  JFalse       r5, -> 26
   18:         raise
     25  RaiseBare
     26  PopHandled   r2
     27  Reraise      r3
     28  RetNone
   15:     except ValueError as error:
     29  PopHandled   r2
     30  Reraise      r3
     31  PopHandled   r2
     32  LoadUndef    r1                   ; error
     33  Reraise      r3
  1..3 guarded by 5 (r3)
  6..11 guarded by 29 (r3)
  11..13 guarded by 31 (r3)
  16..26 guarded by 29 (r3)
