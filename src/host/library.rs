//! The modules written in Sloop that are embedded in the binary, and the prelude.
//!
//! `build.rs` lists `stdlib/`. Files whose name begins with `prelude` make up the prelude. A file
//! `a.b.sloop` is the module `a.b`; a module with others below it is a package.

include!(concat!(env!("OUT_DIR"), "/library.rs"));

/// The text of an embedded module.
pub fn source(name: &str) -> Option<&'static str> {
    let at = MODULES.binary_search_by_key(&name, |&(name, _)| name).ok()?;
    Some(MODULES[at].1)
}

/// Are there modules below this one?
pub fn is_package(name: &str) -> bool {
    let from = MODULES.partition_point(|&(other, _)| other <= name);
    MODULES[from..]
        .iter()
        .take_while(|(other, _)| other.starts_with(name))
        .any(|(other, _)| other.as_bytes().get(name.len()) == Some(&b'.'))
}

/// The text of one function of the prelude: from its `def` to the next line that is not indented.
pub fn prelude_function(name: &str) -> Option<&'static str> {
    let find = |text: &'static str, keyword: &str| {
        let head = format!("{keyword} {name}(");
        let found = memchr::memmem::find_iter(text.as_bytes(), head.as_bytes());
        found.into_iter().find(|&at| at == 0 || text.as_bytes()[at - 1] == b'\n')
    };
    PRELUDE.iter().find_map(|text| {
        let start = find(text, "def").or_else(|| find(text, "async def"))?;
        let body = &text[start..];
        let ends = body.match_indices('\n').map(|(at, _)| at + 1);
        let mut ends = ends.filter(|&at| !matches!(body.as_bytes().get(at), Some(b' ' | b'\n')));
        Some(&body[..ends.next().unwrap_or(body.len())])
    })
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

    #[test]
    fn standard_names_are_in_order() {
        assert!(STANDARD.is_sorted());
    }

    #[test]
    fn modules_are_found_by_name() {
        assert!(MODULES.is_sorted_by_key(|(name, _)| *name));
        for (name, text) in MODULES {
            assert_eq!(source(name), Some(*text));
        }
        assert_eq!(source("no such module"), None);
    }

    #[test]
    fn the_prelude_comes_apart_into_functions() {
        let lines = PRELUDE.iter().flat_map(|text| text.lines());
        for line in lines.filter(|line| line.starts_with("def ")) {
            let name = line[4..].split('(').next().expect("split yields one");
            let text = prelude_function(name).expect("it is there");
            assert!(text.starts_with(line), "{name}");
        }
    }
}
