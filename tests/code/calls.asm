module <module>  line 1, 7 registers
    1: class Child(Base):
      0  LoadUndef    r2
      1  LoadUndef    r3
      2  LoadUndef    r4
      3  MakeFunction r1, r2.., code 0     ; Child
      4  LoadConst    r2, const 0          ; "Child"
      6  GetGlobal    r6                   ; Base
      9  BuildTuple   r3, r6.., 1
     10  LoadUndef    r4
     11  MakeClass    r0, r1..
     12  SetGlobal    r0                   ; Child
    9: async def main(f, x):
     14  LoadUndef    r1
     15  LoadUndef    r2
     16  LoadUndef    r3
     17  MakeFunction r0, r1.., code 1     ; main
     18  SetGlobal    r0                   ; main
     20  RetNone

classbody Child(, /)  line 1, 6 registers
    1: class Child(Base):
      0  LoadUndef    r1
      1  NewCell      r1
      2  GetName      r2, r0               ; __name__
      3  SetName      r0, r2               ; __module__
      4  LoadConst    r2, const 0          ; "Child"
      6  SetName      r0, r2               ; __qualname__
      7  LoadInt      r2, 1
      8  SetName      r0, r2               ; __firstlineno__
    2:     def method(self, a):
      9  LoadUndef    r3
     10  LoadUndef    r4
     11  LoadUndef    r5
     12  MakeFunction r2, r3.., code 0     ; Child.method
     13  SetName      r0, r2               ; method
    1: class Child(Base):
     14  LoadConst    r2, const 1          ; ()
     16  SetName      r0, r2               ; __static_attributes__
     17  Ret          r1

function Child.method(self, a)  line 2, 10 registers
  captures __class__ from r1
    3:         super().method(a)
      0  GetGlobal    r2                   ; super
      3  LoadFree     r3, free 0           ; __class__
      4  Move         r6, r0               ; self
      5  Move         r7, r1               ; a
      6  CallSuper    r2, r2.., 1          ; method
    4:         self.other(a, 1).third()
     10  Move         r6, r0               ; self
     11  Move         r7, r1               ; a
     12  LoadInt      r8, 1
     13  CallM        r6, r2.., 2          ; other
     17  CallM        r2, r2.., 0          ; third
    5:         self.attribute.call(a, key=1)
     21  GetAttr      r6, r0               ; self, attribute
     25  LoadMethod   r2, r6               ; call
     29  Move         r7, r1               ; a
     30  LoadInt      r8, 1
     31  CallK        r2, r2.., 3          ; ("key",)
    6:         a(*a, **a)
     33  Move         r2, r1               ; a
     34  Move         r8, r1               ; a
     35  BuildMap     r7, r9.., 0
     36  MapMerge     r7, r1, r2           ; a
     37  LoadUndef    r6
     38  ListExtend   r6, r8, ext 2
     39  CallX        r2, r2..
    7:         return super().attribute
     40  GetGlobal    r2                   ; super
     43  LoadFree     r3, free 0           ; __class__
     44  Move         r4, r0               ; self
     45  GetSuper     r2, r2..             ; attribute
     46  Ret          r2

coroutine main(f, x)  line 9, 9 registers
   10:     await f(1)
      0  Move         r3, r0               ; f
      1  LoadInt      r7, 1
      2  AwaitCall    r3, r3.., 1
   11:     await x
      3  Await        r3, r1               ; x
   12:     y = await x.method(2)
      4  Move         r7, r1               ; x
      5  LoadMethod   r3, r7               ; method
      9  LoadInt      r8, 2
     10  AwaitCall    r2, r3.., 2          ; y
     11  RetAwaitNone
