module <module>  line 1, 4 registers
    1: def direct(f, x):
      0  LoadUndef    r1
      1  LoadUndef    r2
      2  LoadUndef    r3
      3  MakeFunction r0, r1.., code 0     ; direct
      4  SetGlobal    r0                   ; direct
   10: def order(x):
      6  LoadUndef    r1
      7  LoadUndef    r2
      8  LoadUndef    r3
      9  MakeFunction r0, r1.., code 1     ; order
     10  SetGlobal    r0                   ; order
   13: def unbound(c):
     12  LoadUndef    r1
     13  LoadUndef    r2
     14  LoadUndef    r3
     15  MakeFunction r0, r1.., code 2     ; unbound
     16  SetGlobal    r0                   ; unbound
   19: def visible(f, x):
     18  LoadUndef    r1
     19  LoadUndef    r2
     20  LoadUndef    r3
     21  MakeFunction r0, r1.., code 3     ; visible
     22  SetGlobal    r0                   ; visible
     24  RetNone

function direct(f, x)  line 1, 8 registers
    2:     y = x + 1
      0  AddI         r2, r1, 1            ; y, x
    3:     y = f(y)
      1  Move         r3, r0               ; f
      2  Move         r7, r2               ; y
      3  Call         r2, r3.., 1          ; y
    4:     y = y.z
      4  GetAttr      r2, r2               ; y, y, z
    5:     x, y = y, x + y
      8  Add          r3, r1, r2           ; x, y
      9  Move         r1, r2               ; x, y
     10  Move         r2, r3               ; y
    6:     y = [x, y]
     11  Move         r3, r1               ; x
     12  Move         r4, r2               ; y
     13  BuildList    r2, r3.., 2          ; y
    7:     y += 2
     14  AddI         r2, r2, 2, ext 1     ; y, y
    8:     return y
     15  Ret          r2                   ; y

function order(x)  line 10, 2 registers
   11:     return x + (x := 2)
      0  Move         r1, r0               ; x
      1  LoadInt      r0, 2                ; x
      2  Add          r1, r1, r0           ; x
      3  Ret          r1

function unbound(c)  line 13, 2 registers
   13: def unbound(c):
      0  LoadUndef    r1                   ; x
   14:     if c:
      1  JFalse       r0, -> 3             ; c
   15:         x = 1
      2  LoadInt      r1, 1                ; x
   16:     del c
      3  LoadUndef    r0                   ; c
   17:     return x
      4  CheckLocal   r1                   ; x, x
      5  Ret          r1                   ; x

function visible(f, x)  line 19, 10 registers
   21:         x = x and f(x)
      0  Move         r5, r1               ; x
      1  JFalse       r5, -> 5
      2  Move         r5, r0               ; f
      3  Move         r9, r1               ; x
      4  Call         r5, r5.., 1
      5  Move         r1, r5               ; x
   23:         print(x)
      6  GetGlobal    r5                   ; print
      9  Move         r9, r1               ; x
     10  Call         r5, r5.., 1
     11  Jmp          -> 20
     12  PushHandled  r3, r4, 0
     13  GetGlobal    r5                   ; print
     16  Move         r9, r1               ; x
     17  Call         r5, r5.., 1
     18  PopHandled   r3
     19  Reraise      r4
     20  RetNone
     21  PopHandled   r3
     22  Reraise      r4
  0..6 guarded by 12 (r4)
  13..18 guarded by 21 (r4)
