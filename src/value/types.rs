//! The built-in types: one row each. The position is the type's id, its root shape is id + 1.

use super::Kind;

macro_rules! types {
    ($($name:ident $text:literal $base:ident $layout:ident $($flag:ident)*;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum T { $($name,)* }

        pub struct TypeRow {
            pub id: T,
            pub name: &'static str,
            pub base: T,
            pub layout: Kind,
            /// See `class::flags`.
            pub flags: u8,
        }

        pub static TYPES: &[TypeRow] = &[
            $(TypeRow {
                id: T::$name,
                name: $text,
                base: T::$base,
                layout: Kind::$layout,
                flags: super::class::flags::IMMUTABLE $(| super::class::flags::$flag)*,
            },)*
        ];
    };
}

types! {
    // name        text                base        layout
    Object         "object"            Object      Instance NO_DICT;
    Type           "type"              Object      Class;
    Int            "int"               Object      BigInt;
    Bool           "bool"              Int         BigInt FINAL;
    Float          "float"             Object      Complex;
    Complex        "complex"           Object      Complex;
    Str            "str"               Object      Str;
    Bytes          "bytes"             Object      Bytes;
    ByteArray      "bytearray"         Object      ByteArray;
    MemoryView     "memoryview"        Object      MemoryView FINAL;
    List           "list"              Object      List;
    Tuple          "tuple"             Object      Tuple;
    Dict           "dict"              Object      Dict;
    Set            "set"               Object      Set;
    FrozenSet      "frozenset"         Object      Set;
    Range          "range"             Object      Range FINAL;
    Slice          "slice"             Object      Slice FINAL;
    NoneType       "NoneType"          Object      Free FINAL;
    Ellipsis       "ellipsis"          Object      Free FINAL;
    NotImplemented "NotImplementedType" Object     Free FINAL;
    Function       "function"          Object      Function FINAL;
    Native         "builtin_function_or_method" Object Native FINAL NO_NEW;
    NativeMethod   "method_descriptor" Object      Native FINAL NO_NEW;
    ClassNative    "classmethod_descriptor" Object Native FINAL NO_NEW;
    SlotWrapper    "wrapper_descriptor" Object     Native FINAL NO_NEW;
    MethodWrapper  "method-wrapper"    Object      BoundMethod FINAL NO_NEW;
    BoundMethod    "method"            Object      BoundMethod FINAL;
    Property       "property"          Object      Property;
    StaticMethod   "staticmethod"      Object      StaticMethod;
    ClassMethod    "classmethod"       Object      ClassMethod;
    Member         "member_descriptor" Object      Member FINAL NO_NEW;
    GetSet         "getset_descriptor" Object      Member FINAL NO_NEW;
    Super          "super"             Object      Super;
    Union          "types.UnionType"   Object      Union FINAL NO_NEW;
    GenericAlias   "types.GenericAlias" Object      GenericAlias;
    MappingProxy   "mappingproxy"      Object      MappingProxy FINAL;
    Module         "module"            Object      Module;
    Code           "code"              Object      CodeObject FINAL NO_NEW;
    Cell           "cell"              Object      Cell FINAL;
    Traceback      "traceback"         Object      Traceback FINAL;
    Generator      "generator"         Object      Frame FINAL NO_NEW;
    Coroutine      "coroutine"         Object      Frame FINAL NO_NEW;
    AsyncGenerator "async_generator"   Object      Frame FINAL NO_NEW;
    AsyncGenASend  "async_generator_asend" Object  AsyncOp FINAL NO_NEW;
    AsyncGenAThrow "async_generator_athrow" Object AsyncOp FINAL NO_NEW;
    RangeIter      "range_iterator"    Object      Iter FINAL NO_NEW;
    ListIter       "list_iterator"     Object      Iter FINAL NO_NEW;
    ListReverseIter "list_reverseiterator" Object  Iter FINAL NO_NEW;
    TupleIter      "tuple_iterator"    Object      Iter FINAL NO_NEW;
    StrIter        "str_ascii_iterator" Object     Iter FINAL NO_NEW;
    WideStrIter    "str_iterator"      Object      Iter FINAL NO_NEW;
    BytesIter      "bytes_iterator"    Object      Iter FINAL NO_NEW;
    ByteArrayIter  "bytearray_iterator" Object     Iter FINAL NO_NEW;
    MemoryIter     "memory_iterator"   Object      Iter FINAL NO_NEW;
    DictKeyIter    "dict_keyiterator"  Object      Iter FINAL NO_NEW;
    DictValueIter  "dict_valueiterator" Object     Iter FINAL NO_NEW;
    DictItemIter   "dict_itemiterator" Object      Iter FINAL NO_NEW;
    DictReverseKeyIter "dict_reversekeyiterator" Object Iter FINAL NO_NEW;
    DictReverseValueIter "dict_reversevalueiterator" Object Iter FINAL NO_NEW;
    DictReverseItemIter "dict_reverseitemiterator" Object Iter FINAL NO_NEW;
    SetIter        "set_iterator"      Object      Iter FINAL NO_NEW;
    CallableIter   "callable_iterator" Object      Iter FINAL NO_NEW;
    SequenceIter   "iterator"          Object      Iter FINAL NO_NEW;
    Reversed       "reversed"          Object      Iter;
    Enumerate      "enumerate"         Object      Iter;
    Zip            "zip"               Object      Iter;
    Map            "map"               Object      Iter;
    Filter         "filter"            Object      Iter;
    Count          "itertools.count"   Object      Iter;
    Repeat         "itertools.repeat"  Object      Iter;
    Cycle          "itertools.cycle"   Object      Iter;
    Chain          "itertools.chain"   Object      Iter;
    Islice         "itertools.islice"  Object      Iter;
    Accumulate     "itertools.accumulate" Object   Iter;
    Pairwise       "itertools.pairwise" Object     Iter;
    Product        "itertools.product" Object      Iter;
    Permutations   "itertools.permutations" Object Iter;
    Combinations   "itertools.combinations" Object Iter;
    Replacements   "itertools.combinations_with_replacement" Object Iter;
    ZipLongest     "itertools.zip_longest" Object  Iter;
    Batched        "itertools.batched" Object      Iter;
    Tee            "itertools._tee"    Object      Iter;
    Compress       "itertools.compress" Object     Iter;
    DropWhile      "itertools.dropwhile" Object    Iter;
    TakeWhile      "itertools.takewhile" Object    Iter;
    FilterFalse    "itertools.filterfalse" Object  Iter;
    StarMap        "itertools.starmap" Object      Iter;
    GroupBy        "itertools.groupby" Object      Iter;
    Grouper        "itertools._grouper" Object     Iter FINAL;
    Partial        "functools.partial" Object      Record;
    LruCache       "functools._lru_cache_wrapper" Object Record FINAL;
    ItemGetter     "operator.itemgetter" Object    Record FINAL;
    AttrGetter     "operator.attrgetter" Object    Record FINAL;
    MethodCaller   "operator.methodcaller" Object  Record FINAL;
    DictKeys       "dict_keys"         Object      DictView FINAL NO_NEW;
    DictValues     "dict_values"       Object      DictView FINAL NO_NEW;
    DictItems      "dict_items"        Object      DictView FINAL NO_NEW;
    OdictKeys      "odict_keys"        DictKeys    DictView FINAL NO_NEW;
    OdictValues    "odict_values"      DictValues  DictView FINAL NO_NEW;
    OdictItems     "odict_items"       DictItems   DictView FINAL NO_NEW;
    OdictIter      "odict_iterator"    Object      Iter FINAL NO_NEW;
    Deque          "collections.deque" Object      Deque;
    DequeIter      "collections._deque_iterator" Object      Iter FINAL;
    DequeReverseIter "collections._deque_reverse_iterator" Object Iter FINAL;
    TupleField     "collections._tuplegetter" Object      Member FINAL NO_NEW;
    Random         "_random.Random"    Object      Resource;
    TlsSettings    "_ssl.Settings"     Object      Resource FINAL NO_NEW;
    TlsConnection  "_ssl.Connection"   Object      Resource FINAL NO_NEW;
    RegexProgram   "_re.Program"       Object      Resource FINAL NO_NEW;
    Hash           "_hashlib.HASH"     Object      Resource FINAL NO_NEW;
    FrameView      "frame"             Object      FrameView FINAL NO_NEW;
    Context        "_contextvars.Context" Object   Record FINAL;
    ContextVar     "_contextvars.ContextVar" Object Record FINAL;
    ContextToken   "_contextvars.Token" Object     Record FINAL;
    ThreadHandle   "_thread._ThreadHandle" Object  Record FINAL NO_NEW;
    ThreadLock     "_thread.lock"      Object      Record FINAL;
    ThreadRLock    "_thread.RLock"     Object      Record;
    MissingToken   "_contextvars.missing" Object   Record FINAL NO_NEW;
    WeakRef        "weakref.ReferenceType" Object Weak;
    Future         "_asyncio.Future"   Object      Future;
    Task           "_asyncio.Task"     Future      Task;
    Gathering      "asyncio.tasks._GatheringFuture" Future Gathering FINAL NO_NEW;
    Handle         "asyncio.events.Handle" Object  Handle;
    TimerHandle    "asyncio.events.TimerHandle" Handle Handle;
    Lock           "asyncio.locks.Lock" Object     Primitive;
    Event          "asyncio.locks.Event" Object    Primitive;
    Semaphore      "asyncio.locks.Semaphore" Object Primitive;
    BoundedSemaphore "asyncio.locks.BoundedSemaphore" Semaphore Primitive;
    Condition      "_asyncio.ConditionCore" Object Primitive;
    Barrier        "asyncio.locks.Barrier" Object  Primitive;
    Queue          "_asyncio.QueueCore" Object     Queue;
    Timeout        "asyncio.timeouts.Timeout" Object Timeout;
    Group          "_asyncio.GroupCore" Object Group;
    EventLoop      "_asyncio.EventLoop" Object     EventLoop;
    Socket         "_socket.socket"    Object      Resource;
    Inflater       "_zlib.Inflater"    Object      Resource FINAL NO_NEW;
    Deflater       "_zlib.Deflater"    Object      Resource FINAL NO_NEW;
    File           "_io.TextIOWrapper" Object      Resource NO_NEW;
    BufferedReader "_io.BufferedReader" Object     Resource NO_NEW;
    BufferedWriter "_io.BufferedWriter" Object     Resource NO_NEW;
    BufferedRandom "_io.BufferedRandom" Object     Resource NO_NEW;

    BaseException       "BaseException"       Object         Exception;
    BaseExceptionGroup  "BaseExceptionGroup"  BaseException  Exception;
    // Also an `Exception`: see `native/group.rs`.
    ExceptionGroup      "ExceptionGroup"      BaseExceptionGroup Exception;
    GeneratorExit       "GeneratorExit"       BaseException  Exception;
    KeyboardInterrupt   "KeyboardInterrupt"   BaseException  Exception;
    SystemExit          "SystemExit"          BaseException  Exception;
    Exception           "Exception"           BaseException  Exception;
    ArithmeticError     "ArithmeticError"     Exception      Exception;
    FloatingPointError  "FloatingPointError"  ArithmeticError Exception;
    OverflowError       "OverflowError"       ArithmeticError Exception;
    ZeroDivisionError   "ZeroDivisionError"   ArithmeticError Exception;
    AssertionError      "AssertionError"      Exception      Exception;
    AttributeError      "AttributeError"      Exception      Exception;
    BufferError         "BufferError"         Exception      Exception;
    EOFError            "EOFError"            Exception      Exception;
    ImportError         "ImportError"         Exception      Exception;
    ModuleNotFoundError "ModuleNotFoundError" ImportError    Exception;
    LookupError         "LookupError"         Exception      Exception;
    IndexError          "IndexError"          LookupError    Exception;
    KeyError            "KeyError"            LookupError    Exception;
    MemoryError         "MemoryError"         Exception      Exception;
    NameError           "NameError"           Exception      Exception;
    UnboundLocalError   "UnboundLocalError"   NameError      Exception;
    OSError             "OSError"             Exception      Exception;
    BlockingIOError     "BlockingIOError"     OSError        Exception;
    ChildProcessError   "ChildProcessError"   OSError        Exception;
    ConnectionError     "ConnectionError"     OSError        Exception;
    BrokenPipeError     "BrokenPipeError"     ConnectionError Exception;
    ConnectionAbortedError "ConnectionAbortedError" ConnectionError Exception;
    ConnectionRefusedError "ConnectionRefusedError" ConnectionError Exception;
    ConnectionResetError "ConnectionResetError" ConnectionError Exception;
    FileExistsError     "FileExistsError"     OSError        Exception;
    FileNotFoundError   "FileNotFoundError"   OSError        Exception;
    InterruptedError    "InterruptedError"    OSError        Exception;
    IsADirectoryError   "IsADirectoryError"   OSError        Exception;
    NotADirectoryError  "NotADirectoryError"  OSError        Exception;
    PermissionError     "PermissionError"     OSError        Exception;
    ProcessLookupError  "ProcessLookupError"  OSError        Exception;
    TimeoutError        "TimeoutError"        OSError        Exception;
    ReferenceError      "ReferenceError"      Exception      Exception;
    RuntimeError        "RuntimeError"        Exception      Exception;
    NotImplementedError "NotImplementedError" RuntimeError   Exception;
    RecursionError      "RecursionError"      RuntimeError   Exception;
    StopAsyncIteration  "StopAsyncIteration"  Exception      Exception;
    StopIteration       "StopIteration"       Exception      Exception;
    SyntaxError         "SyntaxError"         Exception      Exception;
    IndentationError    "IndentationError"    SyntaxError    Exception;
    TabError            "TabError"            IndentationError Exception;
    PythonFinalizationError "PythonFinalizationError" RuntimeError Exception;
    IncompleteInputError "_IncompleteInputError" SyntaxError Exception;
    SystemError         "SystemError"         Exception      Exception;
    TypeError           "TypeError"           Exception      Exception;
    ValueError          "ValueError"          Exception      Exception;
    UnicodeError        "UnicodeError"        ValueError     Exception;
    UnicodeDecodeError  "UnicodeDecodeError"  UnicodeError   Exception;
    UnicodeEncodeError  "UnicodeEncodeError"  UnicodeError   Exception;
    UnicodeTranslateError "UnicodeTranslateError" UnicodeError Exception;
    Warning             "Warning"             Exception      Exception;
    BytesWarning        "BytesWarning"        Warning        Exception;
    DeprecationWarning  "DeprecationWarning"  Warning        Exception;
    EncodingWarning     "EncodingWarning"     Warning        Exception;
    FutureWarning       "FutureWarning"       Warning        Exception;
    ImportWarning       "ImportWarning"       Warning        Exception;
    PendingDeprecationWarning "PendingDeprecationWarning" Warning Exception;
    ResourceWarning     "ResourceWarning"     Warning        Exception;
    RuntimeWarning      "RuntimeWarning"      Warning        Exception;
    SyntaxWarning       "SyntaxWarning"       Warning        Exception;
    UnicodeWarning      "UnicodeWarning"      Warning        Exception;
    // Also a `ValueError`: see `native/error.rs`.
    UnsupportedOperation "io.UnsupportedOperation" OSError  Exception;
    UserWarning         "UserWarning"         Warning        Exception;
    CancelledError      "asyncio.exceptions.CancelledError" BaseException Exception;
    InvalidStateError   "asyncio.exceptions.InvalidStateError" Exception Exception;
    QueueEmpty          "asyncio.queues.QueueEmpty" Exception Exception;
    QueueFull           "asyncio.queues.QueueFull" Exception Exception;
    BrokenBarrierError  "asyncio.exceptions.BrokenBarrierError" RuntimeError Exception;
    QueueShutDown       "asyncio.queues.QueueShutDown" Exception Exception;
    BinasciiError       "binascii.Error"      ValueError     Exception;
    StructError         "struct.error"        Exception      Exception;
}

impl T {
    /// Root shape of the type's own objects.
    #[inline(always)]
    pub const fn shape(self) -> u32 {
        self as u32 + 1
    }
}
