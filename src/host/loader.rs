//! From source to code, for scripts, modules, the prelude and `compile`: the one place where the
//! two towers meet.
//!
//! Keeps the texts it has loaded, because tracebacks quote them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use sloop_grammar::diagnostic::{Diagnostic, ErrorKind, Severity};
use sloop_grammar::{Outcome, decode_source_by, legible, parse};

use super::config::Config;
use super::{carets, library};
use crate::code::{Code, LineEntry};
use crate::compile::{self, Compiled, Look, Options, SourceInfo};
use crate::lint;
use crate::native::front::{Failure, FrontEnd, Level, Mode, Notice, Request};
use crate::native::{MODULES, dynamic, error, sys};
use crate::plain::closest::closest;
use crate::text::{Place, Remark, Source, render};
use crate::value::{List, Module, Str, T, Value};
use crate::vm::{Cx, Finder, FoundModule, Stop};

#[derive(Default)]
pub struct Loader {
    sources: RefCell<HashMap<Arc<str>, Rc<Source>>>,
    /// Are diagnostics coloured?
    pub color: bool,
    /// Of modules: 1 drops assertions, 2 docstrings as well.
    pub optimize: u8,
}

impl Loader {
    pub fn new(config: &Config) -> Loader {
        let optimize = config.flags.optimize;
        Loader { color: config.color, optimize, ..Loader::default() }
    }

    /// Remembers a text for tracebacks.
    pub fn keep(&self, filename: &Arc<str>, text: &str) -> Rc<Source> {
        let source = Rc::new(Source::new(&**filename, text));
        self.sources.borrow_mut().insert(filename.clone(), source.clone());
        source
    }

    pub fn compile_text(
        &self,
        text: &str,
        filename: &Arc<str>,
        mode: sloop_grammar::Mode,
        options: &Options,
    ) -> Compiled {
        let info = SourceInfo { filename: filename.clone(), text };
        // What `exec` and `eval` are given is nobody's source file.
        let look: Option<Look<'_>> = match options.separate_namespace {
            true => None,
            false => Some(&lint::at_run),
        };
        compile::compile_text_with(&info, mode, options, look)
    }

    /// A source that was kept, or an embedded or found one, which is kept from now on.
    fn source(&self, filename: &str) -> Option<Rc<Source>> {
        if let Some(source) = self.sources.borrow().get(filename) {
            return Some(source.clone());
        }
        if let Some(name) = library::module_of(filename) {
            return Some(self.keep(&filename.into(), &library::find(name)?.text()));
        }
        // What the program itself has compiled may have come from a file.
        if ![".py", ".sloop"].iter().any(|ending| filename.ends_with(ending)) {
            return None;
        }
        let text = decode_text(&std::fs::read(filename).ok()?).ok()?;
        Some(self.keep(&filename.into(), &text))
    }

    /// Reports warnings about a source on standard error, as the filters of the module `warnings` want
    /// it. `Err` are those that they make errors.
    pub fn warn(
        &self,
        cx: &mut Cx,
        source: &Source,
        mut warnings: Vec<Diagnostic>,
    ) -> Result<(), Vec<Diagnostic>> {
        let mut errors = Vec::new();
        // Nobody can have filters without having imported it.
        if !warnings.is_empty() && cx.module_named("warnings").is_some() {
            warnings.retain(|warning| match verdict(cx, source, warning) {
                Verdict::Show => true,
                Verdict::Done => false,
                Verdict::Error => {
                    errors.push(as_error(warning));
                    false
                }
            });
        }
        if !warnings.is_empty() {
            sys::write_error(cx, render(source, &warnings, self.color).as_bytes());
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// A module's code from its text; a SyntaxError is raised for what is wrong with it.
    fn module(&self, cx: &mut Cx, bytes: &[u8], filename: &str) -> Result<Arc<Code>, Stop> {
        let filename: Arc<str> = filename.into();
        let text = match decode_text(bytes) {
            Ok(text) => text,
            Err(error) => {
                let source = Source::new(&*filename, legible(bytes));
                return Err(dynamic::raise(cx, &failure(&source, &filename, &error)));
            }
        };
        let source = self.keep(&filename, &text);
        let mode = sloop_grammar::Mode::Module;
        let options =
            Options { top_level_await: false, optimize: self.optimize, ..Options::default() };
        match self.compile_text(&text, &filename, mode, &options) {
            Compiled::Code(code, warnings) => match self.warn(cx, &source, warnings) {
                Ok(()) => Ok(code),
                Err(errors) => Err(dynamic::raise(cx, &failure(&source, &filename, &errors[0]))),
            },
            Compiled::Errors(errors) => {
                Err(dynamic::raise(cx, &failure(&source, &filename, &errors[0])))
            }
            Compiled::Incomplete => Err(cx.error(T::SyntaxError, "incomplete input")),
        }
    }
}

/// What is to be done about a warning.
enum Verdict {
    Show,
    Error,
    /// Nothing, or it was shown by functions of the program.
    Done,
}

fn verdict(cx: &mut Cx, source: &Source, warning: &Diagnostic) -> Verdict {
    let line = source.position(warning.origin.unwrap_or(warning.span).start).line;
    let args = [
        cx.str_value(&warning.message),
        cx.str_value(source.name()),
        cx.uint(line as u64),
        Value::bool(warning.kind == ErrorKind::Lint),
    ];
    match cx.call_prelude("_verdict_on_source", &args) {
        Ok(Value::FALSE) => Verdict::Error,
        Ok(Value::NONE) => Verdict::Done,
        Ok(_) => Verdict::Show,
        Err(_) => {
            // A filter that fails decides nothing.
            cx.take_exception();
            Verdict::Show
        }
    }
}

fn as_error(warning: &Diagnostic) -> Diagnostic {
    let (severity, kind) = (Severity::Error, ErrorKind::Syntax);
    Diagnostic { severity, kind, ..warning.clone() }
}

/// What a SyntaxError says about a finding.
pub fn failure(source: &Source, filename: &Arc<str>, error: &Diagnostic) -> Box<Failure> {
    let span = error.origin.unwrap_or(error.span);
    let start = source.position(span.start);
    let end = source.position(span.end.max(span.start));
    let line = source.line(start.line);
    // A missing line end is supplied, except behind an open string.
    let has_end = start.line < source.line_count() || !error.message.starts_with("unterminated");
    Box::new(Failure {
        id: match error.kind {
            ErrorKind::Indentation => T::IndentationError,
            ErrorKind::Tab => T::TabError,
            ErrorKind::Syntax | ErrorKind::SyntaxWarning | ErrorKind::Lint => T::SyntaxError,
        },
        message: error.message.clone(),
        filename: filename.clone(),
        line: start.line,
        offset: start.column + 1,
        end_line: end.line,
        end_offset: end.column + 1,
        text: Some(if has_end { format!("{line}\n") } else { line.to_owned() }),
        is_incomplete: false,
    })
}

/// The loader as natives see it.
pub struct Front(pub Rc<Loader>);

impl FrontEnd for Front {
    fn show(&self, notice: &Notice) -> String {
        let sources = self.0.sources.borrow();
        let known = notice.marks.iter().filter_map(|mark| {
            let source = sources.get(&mark.filename)?;
            let place = &mark.place;
            let from = (place.line, place.column);
            let span = source.span(from, (place.end_line.max(place.line), place.end_column))?;
            Some(Place { source, span, text: &mark.text, main: mark.main })
        });
        let remark = Remark {
            severity: match notice.level {
                Level::Error => Some(Severity::Error),
                Level::Warning => Some(Severity::Warning),
                Level::Advice => None,
            },
            code: notice.code,
            message: &notice.message,
            places: known.collect(),
            notes: &notice.notes,
            help: notice.help.as_deref(),
        };
        remark.render(self.0.color)
    }

    fn decode(&self, bytes: &[u8]) -> Result<String, String> {
        decode_text(bytes).map_err(|error| error.message)
    }

    fn compile(&self, request: &Request<'_>) -> Result<(Arc<Code>, Vec<Failure>), Box<Failure>> {
        let (parse_mode, mode) = match request.mode {
            Mode::Module => (sloop_grammar::Mode::Module, compile::Mode::Module),
            Mode::Expression => (sloop_grammar::Mode::Expression, compile::Mode::Expression),
            Mode::Interactive => (sloop_grammar::Mode::Module, compile::Mode::Interactive),
        };
        let options = Options {
            mode,
            separate_namespace: true,
            top_level_await: request.top_level_await,
            optimize: request.optimize,
            future_annotations: request.future_annotations,
            ..Options::default()
        };
        let source = || Source::new(&*request.filename, request.text);
        if request.allow_incomplete {
            let interactive = sloop_grammar::Mode::Interactive;
            let parsed = parse(request.text, interactive);
            let open = match parsed.outcome {
                Outcome::Incomplete => true,
                // A block at the prompt goes on until an empty line.
                Outcome::Tree { open_block, .. } => {
                    open_block
                        && mode == compile::Mode::Interactive
                        && !request.text.ends_with('\n')
                }
                Outcome::Errors(_) => false,
            };
            if open {
                let error = Diagnostic::error("incomplete", Default::default(), "incomplete input");
                let mut failure = failure(&source(), &request.filename, &error);
                failure.is_incomplete = true;
                return Err(failure);
            }
        }
        match self.0.compile_text(request.text, &request.filename, parse_mode, &options) {
            Compiled::Code(code, warnings) if warnings.is_empty() => Ok((code, Vec::new())),
            Compiled::Code(code, warnings) => {
                let source = source();
                let found = warnings.iter().map(|w| *failure(&source, &request.filename, w));
                Ok((code, found.collect()))
            }
            Compiled::Errors(errors) => Err(failure(&source(), &request.filename, &errors[0])),
            Compiled::Incomplete => {
                let error = Diagnostic::error("incomplete", Default::default(), "incomplete input");
                Err(failure(&source(), &request.filename, &error))
            }
        }
    }

    fn excerpt(&self, filename: &str, place: &LineEntry) -> String {
        match self.0.source(filename) {
            Some(source) => carets::excerpt(&source, place),
            None => String::new(),
        }
    }

    fn line(&self, filename: &str, number: u32) -> Option<String> {
        let source = self.0.source(filename)?;
        let number = number as usize;
        (number <= source.line_count()).then(|| source.line(number).to_owned())
    }

    fn is_library(&self, name: &str) -> bool {
        is_library(name)
    }

    fn near_library(&self, name: &str) -> Option<String> {
        let all = library::names().chain(MODULES.iter().map(|(name, _)| *name));
        closest(name, all.filter(|name| !name.starts_with('_')).collect())
    }
}

/// Does a module of this name come with Sloop?
pub fn is_library(name: &str) -> bool {
    library::find(name).is_some() || MODULES.iter().any(|(other, _)| *other == name)
}

/// Finds modules: natives, then those in `sys.path`, then those embedded.
pub struct Search(pub Rc<Loader>);

impl Finder for Search {
    fn is_standard(&self, name: &str) -> bool {
        library::STANDARD.binary_search(&name).is_ok()
    }

    fn find(
        &mut self,
        cx: &mut Cx,
        name: &str,
        path: Option<&[String]>,
    ) -> Result<Option<FoundModule>, Stop> {
        if let Some((_, fill)) = MODULES.iter().find(|(other, _)| *other == name) {
            return Ok(Some(FoundModule::Native(*fill)));
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let folders = match path {
            Some(path) => path.to_vec(),
            None => search_path(cx),
        };
        for folder in &folders {
            if let Some(found) = self.in_folder(cx, Path::new(folder), last)? {
                return Ok(Some(found));
            }
        }
        let Some(module) = library::find(name) else { return self.namespace(cx, &folders, last) };
        let code = module.code();
        let path = library::is_package(name).then(Vec::new);
        Ok(Some(FoundModule::Code { code, file: None, path }))
    }
}

impl Search {
    fn in_folder(
        &self,
        cx: &mut Cx,
        folder: &Path,
        name: &str,
    ) -> Result<Option<FoundModule>, Stop> {
        let package = folder.join(name);
        if package.is_dir() {
            for ending in ["sloop", "py"] {
                let file = package.join(format!("__init__.{ending}"));
                if let Some(code) = self.file(cx, &file)? {
                    let path = Some(vec![text_of(&package)]);
                    return Ok(Some(FoundModule::Code { code, file: Some(text_of(&file)), path }));
                }
            }
        }
        for ending in ["sloop", "py"] {
            let file = folder.join(format!("{name}.{ending}"));
            if let Some(code) = self.file(cx, &file)? {
                let file = Some(text_of(&file));
                return Ok(Some(FoundModule::Code { code, file, path: None }));
            }
        }
        Ok(None)
    }

    /// A package that is nothing but folders of its name.
    fn namespace(
        &self,
        cx: &mut Cx,
        folders: &[String],
        name: &str,
    ) -> Result<Option<FoundModule>, Stop> {
        let found: Vec<String> = folders
            .iter()
            .map(|folder| Path::new(folder).join(name))
            .filter(|folder| folder.is_dir())
            .map(|folder| text_of(&folder))
            .collect();
        if found.is_empty() {
            return Ok(None);
        }
        let code = self.0.module(cx, b"", "<namespace>")?;
        Ok(Some(FoundModule::Code { code, file: None, path: Some(found) }))
    }

    fn file(&self, cx: &mut Cx, file: &Path) -> Result<Option<Arc<Code>>, Stop> {
        if !file.is_file() {
            return Ok(None);
        }
        match std::fs::read(file) {
            Ok(bytes) => self.0.module(cx, &bytes, &text_of(file)).map(Some),
            // It was there a moment ago.
            Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(problem) => {
                let name = cx.str_value(&text_of(file));
                Err(error::io_error(cx, &problem, Some(name)))
            }
        }
    }
}

fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// `sys.path`, as the program may have changed it.
pub fn search_path(cx: &Cx) -> Vec<String> {
    let list = cx
        .module_named("sys")
        .and_then(|sys| sys.cast::<Module>())
        .and_then(|sys| sys.dict.get_str(cx, cx.intern("path")))
        .and_then(|path| path.cast::<List>());
    match list {
        Some(list) => list
            .iter()
            .filter_map(|item| item.cast::<Str>())
            .map(|item| match item.is_empty() {
                true => ".".to_owned(),
                false => item.lossy().into_owned(),
            })
            .collect(),
        None => cx.state::<sys::HostInfo>().path.borrow().clone(),
    }
}

/// The folder of a script, for `sys.path`.
pub fn folder_of(script: &Path) -> String {
    let real = std::fs::canonicalize(script).unwrap_or_else(|_| PathBuf::from(script));
    real.parent().map(text_of).unwrap_or_default()
}

/// The text of a source in any of the encodings that there are.
pub fn decode_text(bytes: &[u8]) -> Result<String, Diagnostic> {
    decode_source_by(bytes, &crate::plain::codec::page_table)
}
