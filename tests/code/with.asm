module <module>  line 1, 4 registers
    1: def f(x):
      0  LoadUndef    r1
      1  LoadUndef    r2
      2  LoadUndef    r3
      3  MakeFunction r0, r1.., code 0     ; f
      4  SetGlobal    r0                   ; f
    5: async def g(x):
      6  LoadUndef    r1
      7  LoadUndef    r2
      8  LoadUndef    r3
      9  MakeFunction r0, r1.., code 1     ; g
     10  SetGlobal    r0                   ; g
     12  RetNone

function f(x)  line 1, 17 registers
    2:     with x as y, x:
      0  LoadSpecial  r3, r0, 0            ; x
      1  LoadSpecial  r2, r0, 1            ; x
      2  Call         r3, r3.., 0
      3  Move         r1, r3               ; y
      4  LoadSpecial  r7, r0, 0            ; x
      5  LoadSpecial  r6, r0, 1            ; x
      6  Call         r7, r7.., 0
      7  Move         r10, r6
      8  LoadNone     r14
      9  LoadNone     r15
     10  LoadNone     r16
     11  Call         r10, r10.., 3
     12  Move         r10, r2
     13  LoadNone     r14
     14  LoadNone     r15
     15  LoadNone     r16
     16  Call         r10, r10.., 3
    3:         return y
     17  Ret          r1                   ; y
    2:     with x as y, x:
     18  PushHandled  r4, r5
     19  Move         r6, r2
     20  ExcTriple    r10.., r5
     21  Call         r6, r6.., 3
     22  JTrue        r6, -> 25
     23  PopHandled   r4
     24  Reraise      r5
     25  PopHandled   r4
     26  RetNone
     27  PopHandled   r4
     28  Reraise      r5
  3..12 guarded by 18 (r5)
  19..23 guarded by 27 (r5)

coroutine g(x)  line 5, 14 registers
    7:         x()
      0  Move         r3, r0               ; x
      1  Call         r3, r3.., 0
      2  Jmp          -> 22
    8:     except ValueError:
      3  PushHandled  r1, r2
      4  GetGlobal    r3                   ; ValueError
      7  ExcMatch     r4, r2, r3
      8  JFalse       r4, -> 20
    9:         await x
      9  Await        r3, r0, ext 4        ; x
   10:         async with x:
     10  LoadSpecial  r4, r0, 2            ; x
     11  LoadSpecial  r3, r0, 3            ; x
     12  AwaitCall    r4, r4.., 0, ext 5
     13  Move         r7, r3
     14  LoadNone     r11
     15  LoadNone     r12
     16  LoadNone     r13
     17  AwaitCall    r7, r7.., 3, ext 6
     18  PopHandled   r1
     19  Jmp          -> 22
     20  PopHandled   r1
     21  Reraise      r2
     22  RetNone
    8:     except ValueError:
     23  PopHandled   r1
     24  Reraise      r2
  0..2 guarded by 3 (r2)
  4..18 guarded by 23 (r2)
