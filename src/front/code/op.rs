//! The instruction table: the one place that says which instructions exist.
//!
//! An instruction is one 64-bit word, least significant byte first:
//!
//! ```text
//!   op:8 | ext:8 | a:16 | b:16 | c:16        followed by `words` cache words
//! ```
//!
//! `R[x]` is register x of the running activation. A *window* `w` is a run of registers at the
//! top of the live temporaries: `R[w]` callee, `R[w+1..w+4]` reserved for the machine, arguments
//! from `R[w+4]` (`HEADER` below). A call may clobber every register from `w` up. Offsets count
//! words from the end of the whole instruction (its cache words included). The enum, operand
//! checks, disassembly and the dispatch table all follow from the rows; a missing handler does
//! not compile. `=> hot` or `=> hot | cold`: the handler in `vm/`, and the twin that runs when
//! the hot one declines.

/// Registers between the start of a window and its first argument.
pub const HEADER: u16 = 4;

/// In `ext` of an instruction that may suspend: the body handles an exception.
pub const HANDLED: u8 = 4;

/// A word of code: an instruction, or an inline-cache word behind one.
pub type Word = u64;

/// What a field of an instruction holds: drives the verifier and the disassembler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Unused; must be zero.
    Nil,
    /// A register that is written.
    Dst,
    /// A register that is read.
    Src,
    /// A register that is read and written.
    Var,
    /// First register of a call window; the verifier checks that header and arguments fit.
    Win,
    /// First register of a run; how many follows from `Cnt` in c, or from the instruction's doc.
    Run,
    /// An unsigned number.
    Cnt,
    /// A signed 16-bit number.
    Imm,
    /// A signed 16-bit jump offset.
    Off,
    /// Index of a free variable.
    Free,
    /// Index of a nested code object.
    Code,
    /// A signed 32-bit number in b and c.
    Imm32,
    /// A signed 32-bit jump offset in b and c.
    Off32,
    /// Index of a constant in b and c.
    Const,
    /// Index of a name in b and c.
    Name32,
    /// Index of a name in c, with `ext` as its upper bits.
    Name,
    /// A register in c, or `NO_REG`.
    Opt,
}

/// "No register" in an `Opt` field.
pub const NO_REG: u16 = u16::MAX;

#[macro_export]
macro_rules! for_each_op {
    ($callback:ident) => {
        $callback! {
            // ---- moving values
            /// R[a] = R[b]
            Move [Dst Src Nil] 0 => data::mov;
            /// R[a] = the integer
            LoadInt [Dst Imm32] 0 => data::load_int;
            /// R[a] = constant; the cache word holds the value once the code is linked
            LoadConst [Dst Const] 1 => data::load_const;
            /// R[a] = None
            LoadNone [Dst Nil Nil] 0 => data::load_none;
            /// R[a] = True
            LoadTrue [Dst Nil Nil] 0 => data::load_true;
            /// R[a] = False
            LoadFalse [Dst Nil Nil] 0 => data::load_false;
            /// R[a] = unbound
            LoadUndef [Dst Nil Nil] 0 => data::load_undef;
            /// UnboundLocalError for the name if R[a] is unbound
            CheckLocal [Src Name32] 0 => data::check_local | data::check_local_slow;

            // ---- cells: R[x] of a captured local holds the cell itself
            /// R[a] = a new cell around R[a] (which may be unbound)
            NewCell [Var Nil Nil] 0 => data::new_cell;
            /// R[a] = content of the cell R[b]; NameError if unbound
            LoadCell [Dst Src Nil] 0 => data::load_cell | data::load_cell_slow;
            /// content of the cell R[a] = R[b]
            StoreCell [Src Src Nil] 0 => data::store_cell;
            /// R[a] = content of free variable b; NameError if unbound
            LoadFree [Dst Free Nil] 0 => data::load_free | data::load_free_slow;
            /// free variable b = R[a]
            StoreFree [Src Free Nil] 0 => data::store_free;
            /// unbind the cell R[a]; NameError if it is unbound
            DelCell [Src Nil Nil] 0 => data::cold | data::del_cell;
            /// unbind free variable b; NameError if it is unbound
            DelFree [Nil Free Nil] 0 => data::cold | data::del_free;

            // ---- names
            /// R[a] = global or builtin; caches: module cell, builtin cell
            GetGlobal [Dst Name32] 2 => name::get_global | name::get_global_slow;
            /// global = R[a]; cache: module cell
            SetGlobal [Src Name32] 1 => name::set_global | name::set_global_slow;
            /// unbind a global; NameError if it is unbound
            DelGlobal [Nil Name32] 1 => data::cold | name::del_global;
            /// R[a] = name in the namespace R[b], else global, else builtin (class and exec bodies)
            GetName [Dst Src Name] 0 => data::cold | name::get_name;
            /// R[a] = name in the namespace R[b], else unbound (no error)
            TryName [Dst Src Name] 0 => data::cold | name::try_name;
            /// namespace R[a][name] = R[b]
            SetName [Src Src Name] 0 => data::cold | name::set_name;
            /// del namespace R[a][name]; NameError if absent
            DelName [Src Nil Name] 0 => data::cold | name::del_name;

            // ---- attributes; caches: slot (shape, offset), class (shape, epoch), its value
            /// R[a] = R[b].name
            GetAttr [Dst Src Name] 3 => attr::get | attr::get_slow;
            /// R[a] = R[b].name for a call: of a method R[a] is the function and R[b] stays its
            /// receiver, of anything else R[b] becomes unbound. Caches as GetAttr.
            LoadMethod [Dst Var Name] 3 => attr::get_method | attr::get_method_slow;
            /// R[a].name = R[b]; caches: slot, transition (shape, shape), offset
            SetAttr [Src Src Name] 3 => attr::set | attr::set_slow;
            /// del R[a].name
            DelAttr [Src Nil Name] 0 => data::cold | attr::del;
            /// R[a] = super(...).name; R[b] = what `super` names, R[b+1] = __class__, R[b+2] = self
            GetSuper [Dst Run Name] 0 => data::cold | attr::get_super;

            // ---- subscripts
            /// R[a] = R[b][R[c]]
            GetItem [Dst Src Src] 0 => index::get | index::get_slow;
            /// R[a] = R[b][c]
            GetItemI [Dst Src Imm] 0 => index::get_imm | index::get_imm_slow;
            /// R[a][R[b]] = R[c]
            SetItem [Src Src Src] 0 => index::set | index::set_slow;
            /// del R[a][R[b]]
            DelItem [Src Src Nil] 0 => data::cold | index::del;
            /// R[a] = R[b][R[c]:R[c+1]]
            GetSlice [Dst Src Run] 0 => data::cold | index::get_slice;
            /// R[a][R[b]:R[b+1]] = R[c]
            SetSlice [Src Run Src] 0 => data::cold | index::set_slice;
            /// R[a] = slice(R[b], R[b+1], R[b+2])
            BuildSlice [Dst Run Nil] 0 => data::cold | index::build_slice;

            // ---- arithmetic: ext = 1 marks the in-place form (`+=`)
            /// R[a] = R[b] + R[c]
            Add [Dst Src Src] 0 => arith::add | arith::add_slow;
            /// R[a] = R[b] - R[c]
            Sub [Dst Src Src] 0 => arith::sub | arith::sub_slow;
            /// R[a] = R[b] * R[c]
            Mul [Dst Src Src] 0 => arith::mul | arith::mul_slow;
            /// R[a] = R[b] / R[c]
            Div [Dst Src Src] 0 => arith::div | arith::div_slow;
            /// R[a] = R[b] // R[c]
            FloorDiv [Dst Src Src] 0 => arith::floor_div | arith::floor_div_slow;
            /// R[a] = R[b] % R[c]
            Mod [Dst Src Src] 0 => arith::modulo | arith::modulo_slow;
            /// R[a] = R[b] ** R[c]
            Pow [Dst Src Src] 0 => arith::pow | arith::pow_slow;
            /// R[a] = R[b] @ R[c]
            MatMul [Dst Src Src] 0 => data::cold | arith::matmul_slow;
            /// R[a] = R[b] & R[c]
            And [Dst Src Src] 0 => arith::and | arith::and_slow;
            /// R[a] = R[b] | R[c]
            Or [Dst Src Src] 0 => arith::or | arith::or_slow;
            /// R[a] = R[b] ^ R[c]
            Xor [Dst Src Src] 0 => arith::xor | arith::xor_slow;
            /// R[a] = R[b] << R[c]
            Shl [Dst Src Src] 0 => arith::shl | arith::shl_slow;
            /// R[a] = R[b] >> R[c]
            Shr [Dst Src Src] 0 => arith::shr | arith::shr_slow;
            /// R[a] = R[b] + c
            AddI [Dst Src Imm] 0 => arith::add_imm | arith::add_imm_slow;
            /// R[a] = R[b] - c
            SubI [Dst Src Imm] 0 => arith::sub_imm | arith::sub_imm_slow;
            /// R[a] = R[b] * c
            MulI [Dst Src Imm] 0 => arith::mul_imm | arith::mul_imm_slow;
            /// R[a] = R[b] // c
            FloorDivI [Dst Src Imm] 0 => arith::floor_div_imm | arith::floor_div_imm_slow;
            /// R[a] = R[b] % c
            ModI [Dst Src Imm] 0 => arith::modulo_imm | arith::modulo_imm_slow;
            /// R[a] = R[b] & c
            AndI [Dst Src Imm] 0 => arith::and_imm | arith::and_imm_slow;
            /// R[a] = R[b] << c
            ShlI [Dst Src Imm] 0 => arith::shl_imm | arith::shl_imm_slow;
            /// R[a] = R[b] >> c
            ShrI [Dst Src Imm] 0 => arith::shr_imm | arith::shr_imm_slow;
            /// R[a] = -R[b]
            Neg [Dst Src Nil] 0 => arith::neg | arith::neg_slow;
            /// R[a] = +R[b]
            Pos [Dst Src Nil] 0 => data::cold | arith::pos_slow;
            /// R[a] = ~R[b]
            Invert [Dst Src Nil] 0 => data::cold | arith::invert_slow;
            /// R[a] = not R[b]
            Not [Dst Src Nil] 0 => compare::not | compare::not_slow;

            // ---- comparison to a value
            /// R[a] = R[b] < R[c]
            Lt [Dst Src Src] 0 => compare::lt | compare::lt_slow;
            /// R[a] = R[b] <= R[c]
            Le [Dst Src Src] 0 => compare::le | compare::le_slow;
            /// R[a] = R[b] > R[c]
            Gt [Dst Src Src] 0 => compare::gt | compare::gt_slow;
            /// R[a] = R[b] >= R[c]
            Ge [Dst Src Src] 0 => compare::ge | compare::ge_slow;
            /// R[a] = R[b] == R[c]
            Eq [Dst Src Src] 0 => compare::eq | compare::eq_slow;
            /// R[a] = R[b] != R[c]
            Ne [Dst Src Src] 0 => compare::ne | compare::ne_slow;
            /// R[a] = R[b] is R[c]
            Is [Dst Src Src] 0 => compare::is;
            /// R[a] = R[b] is not R[c]
            IsNot [Dst Src Src] 0 => compare::is_not;
            /// R[a] = R[b] in R[c]
            In [Dst Src Src] 0 => compare::contains | compare::contains_slow;
            /// R[a] = R[b] not in R[c]
            NotIn [Dst Src Src] 0 => compare::not_contains | compare::not_contains_slow;

            // ---- jumps. The positive forms test the safepoint and may jump backwards (loop
            // bottoms); the negated and immediate-negated ones jump forwards only.
            /// if R[a] < R[b] jump
            JLt [Src Src Off] 0 => jump::lt | jump::lt_slow;
            /// if R[a] <= R[b] jump
            JLe [Src Src Off] 0 => jump::le | jump::le_slow;
            /// if R[a] > R[b] jump
            JGt [Src Src Off] 0 => jump::gt | jump::gt_slow;
            /// if R[a] >= R[b] jump
            JGe [Src Src Off] 0 => jump::ge | jump::ge_slow;
            /// if R[a] == R[b] jump
            JEq [Src Src Off] 0 => jump::eq | jump::eq_slow;
            /// if R[a] != R[b] jump
            JNe [Src Src Off] 0 => jump::ne | jump::ne_slow;
            /// if not R[a] < R[b] jump
            JNotLt [Src Src Off] 0 => jump::not_lt | jump::not_lt_slow;
            /// if not R[a] <= R[b] jump
            JNotLe [Src Src Off] 0 => jump::not_le | jump::not_le_slow;
            /// if not R[a] > R[b] jump
            JNotGt [Src Src Off] 0 => jump::not_gt | jump::not_gt_slow;
            /// if not R[a] >= R[b] jump
            JNotGe [Src Src Off] 0 => jump::not_ge | jump::not_ge_slow;
            /// if not R[a] == R[b] jump
            JNotEq [Src Src Off] 0 => jump::not_eq | jump::not_eq_slow;
            /// if not R[a] != R[b] jump
            JNotNe [Src Src Off] 0 => jump::not_ne | jump::not_ne_slow;
            /// if R[a] < b jump
            JLtI [Src Imm Off] 0 => jump::lt_imm | jump::lt_imm_slow;
            /// if R[a] <= b jump
            JLeI [Src Imm Off] 0 => jump::le_imm | jump::le_imm_slow;
            /// if R[a] > b jump
            JGtI [Src Imm Off] 0 => jump::gt_imm | jump::gt_imm_slow;
            /// if R[a] >= b jump
            JGeI [Src Imm Off] 0 => jump::ge_imm | jump::ge_imm_slow;
            /// if R[a] == b jump
            JEqI [Src Imm Off] 0 => jump::eq_imm | jump::eq_imm_slow;
            /// if R[a] != b jump
            JNeI [Src Imm Off] 0 => jump::ne_imm | jump::ne_imm_slow;
            /// if not R[a] < b jump
            JNotLtI [Src Imm Off] 0 => jump::not_lt_imm | jump::not_lt_imm_slow;
            /// if not R[a] <= b jump
            JNotLeI [Src Imm Off] 0 => jump::not_le_imm | jump::not_le_imm_slow;
            /// if not R[a] > b jump
            JNotGtI [Src Imm Off] 0 => jump::not_gt_imm | jump::not_gt_imm_slow;
            /// if not R[a] >= b jump
            JNotGeI [Src Imm Off] 0 => jump::not_ge_imm | jump::not_ge_imm_slow;
            /// if not R[a] == b jump
            JNotEqI [Src Imm Off] 0 => jump::not_eq_imm | jump::not_eq_imm_slow;
            /// if not R[a] != b jump
            JNotNeI [Src Imm Off] 0 => jump::not_ne_imm | jump::not_ne_imm_slow;
            /// if R[a] is R[b] jump
            JIs [Src Src Off] 0 => jump::is;
            /// if R[a] is not R[b] jump
            JIsNot [Src Src Off] 0 => jump::is_not;
            /// if R[a] is None jump
            JNone [Src Off32] 0 => jump::none;
            /// if R[a] is not None jump
            JNotNone [Src Off32] 0 => jump::not_none;
            /// if R[a] is true jump (tests the safepoint, may go backwards)
            JTrue [Src Off32] 0 => jump::truthy | jump::truthy_slow;
            /// if R[a] is false jump
            JFalse [Src Off32] 0 => jump::falsy | jump::falsy_slow;
            /// if R[a] is bound jump
            JBound [Src Off32] 0 => jump::bound;
            /// jump forwards
            Jmp [Nil Off32] 0 => jump::always;
            /// jump backwards, testing the safepoint
            Loop [Nil Off32] 0 => jump::back;

            // ---- building
            /// R[a] = [R[b], …], c of them
            BuildList [Dst Run Cnt] 0 => data::cold | make::list;
            /// R[a] = (R[b], …), c of them
            BuildTuple [Dst Run Cnt] 0 => data::cold | make::tuple;
            /// R[a] = {R[b], …}, c of them
            BuildSet [Dst Run Cnt] 0 => data::cold | make::set;
            /// R[a] = {R[b]: R[b+1], …}, c registers (an even number)
            BuildMap [Dst Run Cnt] 0 => data::cold | make::map;
            /// R[a] = the c strings from R[b] joined
            BuildString [Dst Run Cnt] 0 => data::cold | make::string;
            /// list R[a].append(R[b])
            ListAppend [Src Src Nil] 0 => make::list_append | make::list_append_growing;
            /// list R[a].extend(R[b]); ext = 1: the text of the error is that of `*` in a call
            ListExtend [Src Src Nil] 0 => data::cold | make::list_extend;
            /// R[a] = tuple(list R[b])
            ListToTuple [Dst Src Nil] 0 => data::cold | make::list_to_tuple;
            /// set R[a].add(R[b])
            SetAdd [Src Src Nil] 0 => data::cold | make::set_add;
            /// set R[a].update(R[b])
            SetUpdate [Src Src Nil] 0 => data::cold | make::set_update;
            /// dict R[a][R[b]] = R[c]
            MapAdd [Src Src Src] 0 => data::cold | make::map_add;
            /// dict R[a].update(R[b]): `**` in a dict display
            MapUpdate [Src Src Nil] 0 => data::cold | make::map_update;
            /// like MapUpdate, but a key that exists is a TypeError naming the callee R[c]
            MapMerge [Src Src Src] 0 => data::cold | make::map_merge;
            /// R[a] = format(R[b], R[c]); ext: 0 none, 1 str, 2 repr, 3 ascii first; c may be absent
            Format [Dst Src Opt] 0 => data::cold | make::format;
            /// R[b].. = the exactly c items of R[a]
            Unpack [Src Run Cnt] 0 => make::unpack | make::unpack_slow;
            /// R[b].. = items of R[a]: (c & 255) before the starred list, the list, (c >> 8) after it
            UnpackEx [Src Run Cnt] 0 => data::cold | make::unpack_ex;

            // ---- iteration
            /// R[a] = iter(R[b]); ext = 1: R[b] is what the call in front has made, so that a
            /// generator that began there is the loop's own
            GetIter [Dst Src Nil] 0 => data::cold | iter::get_iter;
            /// if R[b] has a next item: R[a] = it, jump (to the loop body, backwards); else go on.
            /// ext = 1: the body begins with the `Unpack` of R[a] into two, which nothing else reads
            ForIter [Dst Src Off] 0 => iter::for_iter | iter::for_iter_slow, iter::for_iter_apart;
            /// the loop over R[a] is left early: close it if it is a generator of the loop's own
            CloseIter [Src Nil Nil] 0 => data::cold | iter::close_iter;

            // ---- functions, classes, calls
            /// R[a] = function of code c; R[b] defaults, R[b+1] keyword defaults, R[b+2] annotate
            /// function, each unbound when there is none. Captures are listed in the code.
            MakeFunction [Dst Run Code] 0 => data::cold | make::function;
            /// R[a] = class; R[b] body function, R[b+1] name, R[b+2] bases tuple, R[b+3] keyword
            /// dict or unbound. The body gets the namespace as its only argument.
            MakeClass [Dst Win Nil] 0 => data::cold | make::class;
            /// R[a] = R[b](c arguments from R[b+4])
            Call [Dst Win Cnt] 0 => call::call | native_call::call;
            /// R[a] = R[b](c arguments from R[b+4], the first of which is not there if LoadMethod
            /// left it unbound)
            CallL [Dst Win Cnt] 0 => call::call_loaded | native_call::call_loaded;
            /// R[a] = R[b](c arguments as of CallL, the last ones by keyword); word: constant
            /// index of the tuple of keyword names
            CallK [Dst Win Cnt] 1 => data::cold | call::call_keywords;
            /// R[a] = R[b](*R[b+4], **R[b+5]); R[b+4] a list or tuple, R[b+5] a dict or unbound
            CallX [Dst Win Nil] 0 => data::cold | call::call_unpacked;
            /// R[a] = R[b+4].name(c arguments from R[b+5]); caches: (shape, epoch), callee, name
            /// index (set by the compiler)
            CallM [Dst Win Cnt] 3 => call::call_method | native_call::call_method;
            /// R[a] = super(...).name(c arguments from R[b+5]); R[b] = what `super` names,
            /// R[b+1] = __class__, R[b+4] = self; caches as CallM
            CallSuper [Dst Win Cnt] 3 => call_super::call | call_super::call_slow;
            /// return R[a]
            Ret [Src Nil Nil] 0 => call::ret | call::ret_slow;
            /// return None
            RetNone [Nil Nil Nil] 0 => call::ret_none | call::ret_none_slow;
            /// as Ret, out of a coroutine
            RetAwait [Src Nil Nil] 0 => linked::ret | call::ret_slow;
            /// as RetNone, out of a coroutine
            RetAwaitNone [Nil Nil Nil] 0 => linked::ret_none | call::ret_none_slow;

            // ---- generators and coroutines
            /// suspend with R[b]; R[a] = what is sent
            Yield [Dst Src Nil] 0 => suspend::yield_value | suspend::yield_value_slow;
            /// as Yield, in a body that handles an exception
            YieldHandled [Dst Src Nil] 0 => data::cold | suspend::yield_handled;
            /// `yield` of an async generator; ext here and below: 4 while handling an exception
            AsyncYield [Dst Src Nil] 0 => linked::async_yield | suspend::async_yield;
            /// R[a] = yield from R[b], which is an iterator (see `GetDelegate`)
            Delegate [Dst Src Nil] 0 => data::cold | suspend::delegate;
            /// R[a] = what `yield from R[b]` delegates to
            GetDelegate [Dst Src Nil] 0 => data::cold | suspend::get_delegate;
            /// R[a] = await R[b]; ext, too: 0 plain, 1 result of `__aenter__`, 2 of `__aexit__`,
            /// 3 of `__anext__`, for the text of the error
            Await [Dst Src Nil] 0 => data::cold | awaiting::await_value;
            /// R[a] = await R[b](c arguments as of CallL), without a coroutine object; ext as Await
            AwaitCall [Dst Win Cnt] 0 => linked::await_call | awaiting::await_call;
            /// R[a] = R[b].__aiter__(); ext as in `GetIter`
            GetAIter [Dst Src Nil] 0 => data::cold | awaiting::get_aiter;
            /// R[a] = the awaitable R[b].__anext__()
            GetANext [Dst Src Nil] 0 => linked::get_anext | awaiting::get_anext;
            /// go on if the exception R[a] is StopAsyncIteration, else raise it again
            EndAsyncFor [Src Nil Nil] 0 => data::cold | unwind::end_async_for;

            // ---- the event loop
            /// run the next entry of the loop R[a], or step the task R[a]; skip the next
            /// instruction when that is done (code of `vm/tasks/drive.rs` only)
            Drive [Src Nil Nil] 0 => data::cold | tasks::drive;
            /// the entry that ran for R[a] has raised R[b]
            DriveOn [Src Src Nil] 0 => data::cold | tasks::failed;

            // ---- exceptions. "Handled" is what `sys.exception()` says.
            /// R[a] = handled; handled = R[b]
            /// R[a] = handled; handled = R[b]; c: 1 if the handlers give it no name
            PushHandled [Dst Src Cnt] 0 => unwind::push_handled;
            /// handled = R[a]
            PopHandled [Src Nil Nil] 0 => unwind::pop_handled;
            /// as PopHandled, where a handler without a name is through
            DropHandled [Src Nil Nil] 0 => unwind::drop_handled | unwind::let_go;
            /// raise R[a] (class or instance)
            Raise [Src Nil Nil] 0 => data::cold | unwind::raise;
            /// raise R[a] from R[b]
            RaiseFrom [Src Src Nil] 0 => data::cold | unwind::raise_from;
            /// `raise` alone: raise what is handled
            RaiseBare [Nil Nil Nil] 0 => data::cold | unwind::raise_bare;
            /// go on unwinding with the exception R[a], as if never caught
            Reraise [Src Nil Nil] 0 => data::cold | unwind::reraise;
            /// R[a] = does the exception R[b] match the class or tuple R[c]?
            ExcMatch [Dst Src Src] 0 => data::cold | unwind::exc_match;
            /// `except*`: R[a] = part of R[b] that matches R[c] or None, R[a+1] = the rest or None
            ExcSplit [Run Src Src] 0 => data::cold | unwind::exc_split;
            /// after all `except*`: R[a] = what to raise, or None; R[b] original, R[c] list of the
            /// exceptions raised by handlers and of the unhandled rest
            ExcMerge [Dst Src Src] 0 => data::cold | unwind::exc_merge;
            /// R[a], R[a+1], R[a+2] = type, value, traceback of the exception R[b]
            ExcTriple [Run Src Nil] 0 => data::cold | unwind::exc_triple;
            /// R[a] = special method of R[b], and R[a+ext] = what it is to be called with in front,
            /// or unbound; c: 0 __enter__, 1 __exit__, 2 __aenter__, 3 __aexit__; caches: class
            /// (shape, epoch), its value
            LoadSpecial [Dst Src Cnt] 2 => manager::load | manager::load_slow;
            /// R[a] = the class AssertionError
            LoadAssertionError [Dst Nil Nil] 0 => data::cold | unwind::load_assertion_error;

            // ---- imports
            /// R[a] = import name; R[b] fromlist (tuple or None), R[b+1] level
            ImportName [Dst Run Name] 0 => data::cold | import::import_name;
            /// R[a] = R[b].name, or the submodule of that name
            ImportFrom [Dst Src Name] 0 => data::cold | import::import_from;

            // ---- match
            /// R[a] = can R[b] be matched by a sequence pattern?
            MatchSequence [Dst Src Nil] 0 => data::cold | pattern::sequence;
            /// R[a] = can R[b] be matched by a mapping pattern?
            MatchMapping [Dst Src Nil] 0 => data::cold | pattern::mapping;
            /// R[a] = len(R[b])
            MatchLen [Dst Src Nil] 0 => data::cold | pattern::len;
            /// R[a] = tuple of the values of R[b] for the tuple of keys R[c], or None
            MatchKeys [Dst Src Src] 0 => data::cold | pattern::keys;
            /// R[a] = tuple of attributes of R[b] for a class pattern, or None; R[c] class,
            /// R[c+1] tuple of keyword names, ext = number of positional patterns
            MatchClass [Dst Src Run] 0 => data::cold | pattern::class;

            // ---- the rest
            /// R[a] = intrinsic `ext` (see `Intrinsic`) of c values from R[b]
            Intrinsic [Dst Run Cnt] 0 => data::cold | intrinsic::run;
        }
    };
}

macro_rules! define {
    ($( $(#[doc = $doc:literal])* $name:ident [$($kind:ident)*] $words:literal => $($hot:ident)::+
        $(| $($cold:ident)::+ $(, $($apart:ident)::+)?)?; )*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Op { $( $(#[doc = $doc])* $name, )* }

        /// How many instructions there are; a byte below this is an `Op`.
        pub const COUNT: usize = [$(Op::$name),*].len();

        const ALL: [Op; COUNT] = [$(Op::$name),*];
        const NAMES: [&str; COUNT] = [$(stringify!($name)),*];
        const WORDS: [u8; COUNT] = [$($words),*];
        const OPERANDS: [&[Operand]; COUNT] = [$(&[$(Operand::$kind),*]),*];
    };
}
for_each_op!(define);

impl Op {
    pub fn from_byte(byte: u8) -> Option<Op> {
        ALL.get(byte as usize).copied()
    }

    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// Number of cache words behind the instruction.
    pub fn words(self) -> usize {
        WORDS[self as usize] as usize
    }

    /// Does the compiler fill the last cache word?
    pub fn is_filled(self) -> bool {
        matches!(self, Op::CallK | Op::CallM | Op::CallSuper)
    }

    /// Operands of the fields a, b, c; the wide kinds stand for b and c together.
    pub fn operands(self) -> &'static [Operand] {
        OPERANDS[self as usize]
    }
}

/// The operations that are too rare for an instruction of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Intrinsic {
    /// Show the value of an expression statement at the prompt, and keep it as `_`.
    PrintExpr,
    /// (module): bind its public names in the namespace (module, namespace or unbound).
    ImportStar,
    /// (name, bound function or None, default function or None)
    TypeVar,
    /// (name, default function or None)
    TypeVarTuple,
    /// (name, default function or None)
    ParamSpec,
    /// (name, tuple of type parameters, value function)
    TypeAlias,
    /// (function, tuple of type parameters): the function, with `__type_params__`
    SetTypeParams,
    /// (tuple of type parameters): the `Generic[...]` base
    GenericBase,
    /// (): the mapping `locals()` of the running activation
    Locals,
    /// (mapping or object): a TypeError unless it is a mapping (`**rest` patterns): copy to a dict
    CopyMapping,
    /// (dict, tuple of keys): the dict without the keys
    DropKeys,
    /// (namespace): there are `__annotations__` from now on; (namespace, name, annotation): one more
    Annotate,
}

pub const INTRINSICS: [Intrinsic; 12] = [
    Intrinsic::PrintExpr,
    Intrinsic::ImportStar,
    Intrinsic::TypeVar,
    Intrinsic::TypeVarTuple,
    Intrinsic::ParamSpec,
    Intrinsic::TypeAlias,
    Intrinsic::SetTypeParams,
    Intrinsic::GenericBase,
    Intrinsic::Locals,
    Intrinsic::CopyMapping,
    Intrinsic::DropKeys,
    Intrinsic::Annotate,
];

// ---- the encoding of a word, known to this file alone

/// Field access; every function is a shift and a mask.
pub mod word {
    use super::{Op, Word};

    pub const fn encode(op: Op, ext: u8, a: u16, b: u16, c: u16) -> Word {
        op as u64 | (ext as u64) << 8 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48
    }

    pub const fn encode_wide(op: Op, ext: u8, a: u16, bc: u32) -> Word {
        op as u64 | (ext as u64) << 8 | (a as u64) << 16 | (bc as u64) << 32
    }

    #[inline(always)]
    pub const fn op(word: Word) -> u8 {
        word as u8
    }

    #[inline(always)]
    pub const fn ext(word: Word) -> u8 {
        (word >> 8) as u8
    }

    #[inline(always)]
    pub const fn a(word: Word) -> usize {
        (word >> 16) as u16 as usize
    }

    #[inline(always)]
    pub const fn b(word: Word) -> usize {
        (word >> 32) as u16 as usize
    }

    #[inline(always)]
    pub const fn c(word: Word) -> usize {
        (word >> 48) as usize
    }

    /// Field b as a signed number.
    #[inline(always)]
    pub const fn sb(word: Word) -> i64 {
        (word >> 32) as i16 as i64
    }

    /// Field c as a signed number.
    #[inline(always)]
    pub const fn sc(word: Word) -> i64 {
        (word as i64) >> 48
    }

    /// Fields b and c as one unsigned number.
    #[inline(always)]
    pub const fn bc(word: Word) -> usize {
        (word >> 32) as usize
    }

    /// Fields b and c as one signed number.
    #[inline(always)]
    pub const fn sbc(word: Word) -> i64 {
        (word as i64) >> 32
    }

    /// The `Name` operand: field c, extended by `ext`.
    #[inline(always)]
    pub const fn name(word: Word) -> usize {
        c(word) | (ext(word) as usize) << 16
    }
}
