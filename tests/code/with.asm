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

function f(x)  line 1, 20 registers
    2:     with x as y, x:
      0  LoadSpecial  r4, r0, 0, ext 4     ; x
      3  LoadSpecial  r2, r0, 1, ext 1     ; x
      6  CallL        r4, r4.., 1
      7  Move         r1, r4               ; y
      8  LoadSpecial  r9, r0, 0, ext 4     ; x
     11  LoadSpecial  r7, r0, 1, ext 1     ; x
     14  CallL        r9, r9.., 1
     15  Move         r12, r7
     16  Move         r16, r8
     17  LoadNone     r17
     18  LoadNone     r18
     19  LoadNone     r19
     20  CallL        r12, r12.., 4
     21  Move         r12, r2
     22  Move         r16, r3
     23  LoadNone     r17
     24  LoadNone     r18
     25  LoadNone     r19
     26  CallL        r12, r12.., 4
    3:         return y
     27  Ret          r1                   ; y
    2:     with x as y, x:
     28  PushHandled  r5, r6, 0
     29  Move         r7, r2
     30  Move         r11, r3
     31  ExcTriple    r12.., r6
     32  CallL        r7, r7.., 4
     33  JTrue        r7, -> 36
     34  PopHandled   r5
     35  Reraise      r6
     36  PopHandled   r5
     37  RetNone
     38  PopHandled   r5
     39  Reraise      r6
  7..21 guarded by 28 (r6)
  29..34 guarded by 38 (r6)

coroutine g(x)  line 5, 16 registers
    7:         x()
      0  Move         r3, r0               ; x
      1  Call         r3, r3.., 0
      2  Jmp          -> 27
    8:     except ValueError:
      3  PushHandled  r1, r2, 1
      4  GetGlobal    r3                   ; ValueError
      7  ExcMatch     r4, r2, r3
      8  JFalse       r4, -> 25
    9:         await x
      9  Await        r3, r0, ext 4        ; x
   10:         async with x:
     10  LoadSpecial  r5, r0, 2, ext 4     ; x
     13  LoadSpecial  r3, r0, 3, ext 1     ; x
     16  AwaitCall    r5, r5.., 1, ext 5
     17  Move         r8, r3
     18  Move         r12, r4
     19  LoadNone     r13
     20  LoadNone     r14
     21  LoadNone     r15
     22  AwaitCall    r8, r8.., 4, ext 6
     23  DropHandled  r1
     24  Jmp          -> 27
     25  PopHandled   r1
     26  Reraise      r2
     27  RetAwaitNone
    8:     except ValueError:
     28  PopHandled   r1
     29  Reraise      r2
  0..2 guarded by 3 (r2)
  4..23 guarded by 28 (r2)
