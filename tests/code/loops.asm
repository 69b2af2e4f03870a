module <module>  line 1, 4 registers
    1: def count(n):
      0  LoadUndef    r1
      1  LoadUndef    r2
      2  LoadUndef    r3
      3  MakeFunction r0, r1.., code 0     ; count
      4  SetGlobal    r0                   ; count
   10: def each(items):
      6  LoadUndef    r1
      7  LoadUndef    r2
      8  LoadUndef    r3
      9  MakeFunction r0, r1.., code 1     ; each
     10  SetGlobal    r0                   ; each
   18: def early(source):
     12  LoadUndef    r1
     13  LoadUndef    r2
     14  LoadUndef    r3
     15  MakeFunction r0, r1.., code 2     ; early
     16  SetGlobal    r0                   ; early
     18  RetNone

function count(n)  line 1, 2 registers
    2:     i = 0
      0  LoadInt      r1, 0                ; i
    3:     while i < n:
      1  JNotLt       r1, r0, -> 6         ; i, n
    4:         i += 1
      2  AddI         r1, r1, 1, ext 1     ; i, i
    5:         if i == 5:
      3  JEqI         r1, 5, -> 5          ; i
    7:         if i == 7:
      4  JEqI         r1, 7, -> 6          ; i
    3:     while i < n:
      5  JLt          r1, r0, -> 2         ; i, n
      6  RetNone

function each(items)  line 10, 8 registers
   11:     for key, value in items:
      0  GetIter      r3, r0               ; items
      1  Jmp          -> 4
      2  Unpack       r4, r1.., 2
   12:         if not key:
      3  JFalse       r1, -> 5             ; key
   11:     for key, value in items:
      4  ForIter      r4, r3, -> 2, ext 1
   15:         if items.pop() is None:
      5  Move         r7, r0               ; items
      6  CallM        r3, r3.., 0          ; pop
     10  JNotNone     r3, -> 12
   16:             return
     11  RetNone
   14:     while True:
     12  Loop         -> 5

function early(source)  line 18, 6 registers
   19:     for item in source():
      0  Move         r2, r0               ; source
      1  Call         r2, r2.., 0
      2  GetIter      r2, r2, ext 1
      3  Jmp          -> 7
   20:         if item:
      4  JFalse       r1, -> 7             ; item
   21:             return item
      5  CloseIter    r2
      6  Ret          r1                   ; item
   19:     for item in source():
      7  ForIter      r1, r2, -> 4         ; item
      8  RetNone
      9  CloseIter    r2
     10  Reraise      r3
  4..5 guarded by 9 (r3)
