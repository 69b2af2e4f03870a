module <module>  line 1, 4 registers
    1: def fused(a, b):
      0  LoadUndef    r1
      1  LoadUndef    r2
      2  LoadUndef    r3
      3  MakeFunction r0, r1.., code 0     ; fused
      4  SetGlobal    r0                   ; fused
    8: def chain(a, b, c):
      6  LoadUndef    r1
      7  LoadUndef    r2
      8  LoadUndef    r3
      9  MakeFunction r0, r1.., code 1     ; chain
     10  SetGlobal    r0                   ; chain
     12  RetNone

function fused(a, b)  line 1, 3 registers
    2:     if a < b and not a == 3:
      0  JNotLt       r0, r1, -> 4         ; a, b
      1  JEqI         r0, 3, -> 4          ; a
    3:         return 1
      2  LoadInt      r2, 1
      3  Ret          r2
    4:     if a is None or b in a:
      4  JNone        r0, -> 7             ; a
      5  In           r2, r1, r0           ; b, a
      6  JFalse       r2, -> 9
    5:         return 2
      7  LoadInt      r2, 2
      8  Ret          r2
    6:     return a if a > 0 else b
      9  JNotGtI      r0, 0, -> 12         ; a
     10  Move         r2, r0               ; a
     11  Jmp          -> 13
     12  Move         r2, r1               ; b
     13  Ret          r2

function chain(a, b, c)  line 8, 5 registers
    9:     if a < b <= c:
      0  JNotLt       r0, r1, -> 3         ; a, b
      1  JNotLe       r1, r2, -> 3         ; b, c
   10:         return a
      2  Ret          r0                   ; a
   11:     return not a < b
      3  Lt           r3, r0, r1           ; a, b
      4  Not          r3, r3
      5  Ret          r3
