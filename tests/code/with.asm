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
      0  Move         r7, r0               ; x
      1  LoadSpecial  r3, r7, 0
      2  LoadSpecial  r2, r7, 1
      3  Call         r3, r3.., 0
      4  Move         r1, r3               ; y
      5  Move         r11, r0              ; x
      6  LoadSpecial  r7, r11, 0
      7  LoadSpecial  r6, r11, 1
      8  Call         r7, r7.., 0
      9  Move         r10, r6
     10  LoadNone     r14
     11  LoadNone     r15
     12  LoadNone     r16
     13  Call         r10, r10.., 3
     14  Move         r10, r2
     15  LoadNone     r14
     16  LoadNone     r15
     17  LoadNone     r16
     18  Call         r10, r10.., 3
    3:         return y
     19  Ret          r1                   ; y
    2:     with x as y, x:
     20  PushHandled  r4, r5
     21  Move         r6, r2
     22  ExcTriple    r10.., r5
     23  Call         r6, r6.., 3
     24  JTrue        r6, -> 27
     25  PopHandled   r4
     26  Reraise      r5
     27  PopHandled   r4
     28  RetNone
     29  PopHandled   r4
     30  Reraise      r5
  4..14 guarded by 20 (r5)
  21..25 guarded by 29 (r5)

coroutine g(x)  line 5, 15 registers
    7:         x()
      0  Move         r3, r0               ; x
      1  Call         r3, r3.., 0
      2  Jmp          -> 32
    8:     except ValueError:
      3  PushHandled  r1, r2
      4  GetGlobal    r3                   ; ValueError
      7  ExcMatch     r4, r2, r3
      8  JFalse       r4, -> 30
    9:         await x
      9  Move         r4, r0               ; x
     10  SwapHandled  r1
     11  Await        r3, r4
     12  SwapHandled  r1
   10:         async with x:
     13  Move         r8, r0               ; x
     14  LoadSpecial  r4, r8, 2
     15  LoadSpecial  r3, r8, 3
     16  Call         r4, r4.., 0
     17  SwapHandled  r1
     18  Await        r4, r4, ext 1
     19  SwapHandled  r1
     20  Move         r7, r3
     21  LoadNone     r11
     22  LoadNone     r12
     23  LoadNone     r13
     24  Call         r7, r7.., 3
     25  SwapHandled  r1
     26  Await        r7, r7, ext 2
     27  SwapHandled  r1
     28  PopHandled   r1
     29  Jmp          -> 32
     30  PopHandled   r1
     31  Reraise      r2
     32  RetNone
    8:     except ValueError:
     33  PopHandled   r1
     34  Reraise      r2
    9:         await x
     35  SwapHandled  r1
     36  Reraise      r5
   10:         async with x:
     37  SwapHandled  r1
     38  Reraise      r9
     39  SwapHandled  r1
     40  Reraise      r14
  0..2 guarded by 3 (r2)
  4..11 guarded by 33 (r2)
  11..12 guarded by 35 (r5)
  12..18 guarded by 33 (r2)
  18..19 guarded by 37 (r9)
  19..26 guarded by 33 (r2)
  26..27 guarded by 39 (r14)
  27..28 guarded by 33 (r2)
  35..41 guarded by 33 (r2)
