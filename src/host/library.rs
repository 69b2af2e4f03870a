//! The modules written in Sloop that are embedded in the binary, and the prelude: compiled by
//! `build.rs`, decoded when they are imported.
//!
//! A file `a.b.sloop` in `stdlib/` is the module `a.b`; a module with others below it is a
//! package. The texts are there for tracebacks alone, that of the prelude is not: what its
//! functions do is shown as done by natives.

use std::sync::Arc;

use crate::code::{Code, PRELUDE, pack, squeeze};

include!(concat!(env!("OUT_DIR"), "/library.rs"));

pub struct Embedded {
    name: &'static str,
    /// Its text, squeezed.
    text: &'static [u8],
    /// Its code, packed.
    code: &'static [u8],
}

impl Embedded {
    pub fn code(&self) -> Arc<Code> {
        Arc::new(pack::decode(self.code, &format!("{FOLDER}{}{ENDING}", self.name).into()))
    }

    pub fn text(&self) -> String {
        squeeze::expand(self.text)
    }
}

/// Around the name of an embedded module in the name of its file.
pub const FOLDER: &str = "<sloop>/";
const ENDING: &str = ".sloop";

/// The module that the name of a file stands for.
pub fn module_of(filename: &str) -> Option<&str> {
    filename.strip_prefix(FOLDER)?.strip_suffix(ENDING)
}

/// An embedded module.
pub fn find(name: &str) -> Option<&'static Embedded> {
    let at = MODULES.binary_search_by_key(&name, |module| module.name).ok()?;
    Some(&MODULES[at])
}

/// The names of all embedded modules.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|module| module.name)
}

/// Are there modules below this one?
pub fn is_package(name: &str) -> bool {
    let from = MODULES.partition_point(|module| module.name <= name);
    MODULES[from..]
        .iter()
        .take_while(|module| module.name.starts_with(name))
        .any(|module| module.name.as_bytes().get(name.len()) == Some(&b'.'))
}

/// The code of one function of the prelude.
pub fn prelude_function(name: &str) -> Option<Arc<Code>> {
    let at = FUNCTIONS.binary_search_by_key(&name, |&(name, _)| name).ok()?;
    let from = FUNCTIONS[at].1;
    Some(Arc::new(pack::decode(&FUNCTIONS_CODE[from..], &PRELUDE.into())))
}

/// Names of CPython's standard modules, so that a missing one can be told from a slip of the pen.
#[rustfmt::skip]
pub static STANDARD: &[&str] = &[
    "abc", "argparse", "array", "ast", "asyncio", "atexit", "base64", "bdb", "binascii",
    "bisect", "builtins", "bz2", "cProfile", "calendar", "cmath", "cmd", "code", "codecs",
    "codeop", "collections", "colorsys", "compileall", "concurrent", "configparser",
    "contextlib", "contextvars", "copy", "copyreg", "csv", "ctypes", "curses", "dataclasses",
    "datetime", "dbm", "decimal", "difflib", "dis", "doctest", "email", "encodings",
    "ensurepip", "enum", "errno", "faulthandler", "fcntl", "filecmp", "fileinput", "fnmatch",
    "fractions", "ftplib", "functools", "gc", "genericpath", "getopt", "getpass", "gettext",
    "glob", "graphlib", "grp", "gzip", "hashlib", "heapq", "hmac", "html", "http", "imaplib",
    "importlib", "inspect", "io", "ipaddress", "itertools", "json", "keyword", "linecache",
    "locale", "logging", "lzma", "mailbox", "marshal", "math", "mimetypes", "mmap",
    "modulefinder", "multiprocessing", "netrc", "numbers", "opcode", "operator", "optparse",
    "os", "pathlib", "pdb", "pickle", "pickletools", "pkgutil", "platform", "plistlib",
    "poplib", "posix", "posixpath", "pprint", "profile", "pstats", "pty", "pwd", "py_compile",
    "pyclbr", "pydoc", "pydoc_data", "pyexpat", "queue", "quopri", "random", "re", "readline",
    "reprlib", "resource", "rlcompleter", "runpy", "sched", "secrets", "select", "selectors",
    "shelve", "shlex", "shutil", "signal", "site", "smtplib", "socket", "socketserver",
    "sqlite3", "sre_compile", "sre_constants", "sre_parse", "ssl", "stat", "statistics",
    "string", "stringprep", "struct", "subprocess", "symtable", "sys", "sysconfig", "syslog",
    "tabnanny", "tarfile", "tempfile", "termios", "textwrap", "threading", "time", "timeit",
    "tkinter", "token", "tokenize", "tomllib", "trace", "traceback", "tracemalloc", "tty",
    "turtle", "turtledemo", "types", "typing", "unicodedata", "unittest", "urllib", "uuid",
    "venv", "warnings", "wave", "weakref", "webbrowser", "wsgiref", "xml", "xmlrpc", "zipapp",
    "zipfile", "zipimport", "zlib", "zoneinfo",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::verify;
    use crate::compile::{Compiled, Options, SourceInfo, compile_text};

    #[test]
    fn standard_names_are_in_order() {
        assert!(STANDARD.is_sorted());
    }

    #[test]
    fn modules_are_found_by_name() {
        assert!(MODULES.is_sorted_by_key(|module| module.name));
        for module in MODULES {
            assert_eq!(find(module.name).map(|found| found.name), Some(module.name));
            assert_eq!(module_of(&module.code().filename), Some(module.name));
        }
        assert!(find("no such module").is_none());
        assert!(is_package("json") && !is_package("js") && !is_package("keyword"));
    }

    /// What is decoded is what the compiler makes of the text, and code for the machine.
    #[test]
    fn code_comes_back_as_it_was() {
        for module in MODULES {
            let code = module.code();
            let filename = code.filename.clone();
            let info = SourceInfo { filename, text: &module.text() };
            let options = Options { top_level_await: false, ..Options::default() };
            match compile_text(&info, sloop_grammar::Mode::Module, &options) {
                Compiled::Code(fresh, _) => assert!(code == fresh, "{}", module.name),
                _ => panic!("{} does not compile", module.name),
            }
            verify::verify(&code).expect("good code");
            let again = pack::encode(&code);
            assert!(again == module.code, "{}", module.name);
        }
        assert!(FUNCTIONS.is_sorted_by_key(|&(name, _)| name));
        for (name, _) in FUNCTIONS {
            let code = prelude_function(name).expect("it is listed");
            assert_eq!(code.name, *name);
            verify::verify(&code).expect("good code");
        }
    }
}
