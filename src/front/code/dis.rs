//! Code as text, for people: `sloop dis` and the golden tests of the compiler.
//!
//! One line per instruction: its word, mnemonic, operands, and what the operands mean (names,
//! constants, jump targets). Source lines stand above what was made of them.

use std::fmt::Write;

use super::op::{INTRINSICS, NO_REG, Op, Operand, Word, word};
use super::{Capture, Code, Const, Params};

/// The code and all codes inside it; with the source, its lines are shown in between.
pub fn disassemble(code: &Code, source: Option<&str>) -> String {
    let lines: Vec<&str> = source.map(|text| text.lines().collect()).unwrap_or_default();
    let mut out = String::new();
    let mut waiting = vec![code];
    while let Some(code) = waiting.pop() {
        if !out.is_empty() {
            out.push('\n');
        }
        Writer { code, lines: &lines }.write(&mut out).expect("writing to a string cannot fail");
        waiting.extend(code.codes.iter().rev().map(|inner| &**inner));
    }
    out
}

struct Writer<'a> {
    code: &'a Code,
    lines: &'a [&'a str],
}

impl Writer<'_> {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        let code = self.code;
        let kind = format!("{:?}", code.kind).to_lowercase();
        writeln!(
            out,
            "{kind} {}{}  line {}, {} registers",
            code.qualname,
            self.parameters(),
            code.first_line,
            code.registers
        )?;
        for (capture, name) in code.captures.iter().zip(&code.free_names) {
            match capture {
                Capture::Local(register) => writeln!(out, "  captures {name} from r{register}")?,
                Capture::Free(free) => writeln!(out, "  captures {name} from free {free}")?,
            }
        }
        let mut line = 0;
        let mut entries = code.lines.iter().peekable();
        let mut at = 0;
        while let Some(&word) = code.words.get(at) {
            while let Some(entry) = entries.next_if(|entry| entry.word as usize <= at) {
                if entry.line != line {
                    line = entry.line;
                    let text = self.lines.get(line as usize - 1).unwrap_or(&"");
                    writeln!(out, "{line:>5}: {}", text.trim_end())?;
                }
            }
            let Some(op) = Op::from_byte(word::op(word)) else {
                writeln!(out, "  {at:>5}  ??? {word:#x}")?;
                at += 1;
                continue;
            };
            self.instruction(out, at, op, word)?;
            at += 1 + op.words();
        }
        for handler in &code.handlers {
            writeln!(
                out,
                "  {}..{} guarded by {} (r{})",
                handler.start, handler.end, handler.target, handler.register
            )?;
        }
        Ok(())
    }

    fn instruction(&self, out: &mut String, at: usize, op: Op, word: Word) -> std::fmt::Result {
        let end = at + 1 + op.words();
        let fields = [word::a(word), word::b(word), word::c(word)];
        let mut operands = Vec::new();
        let mut notes = Vec::new();
        for (nth, &operand) in op.operands().iter().enumerate() {
            let field = fields[nth];
            match operand {
                Operand::Nil => {}
                Operand::Dst | Operand::Src | Operand::Var => {
                    operands.push(format!("r{field}"));
                    notes.extend(self.local(field));
                }
                Operand::Win | Operand::Run => operands.push(format!("r{field}..")),
                Operand::Opt if field == NO_REG as usize => operands.push("-".into()),
                Operand::Opt => operands.push(format!("r{field}")),
                Operand::Cnt => operands.push(field.to_string()),
                Operand::Imm => operands.push((field as i16).to_string()),
                Operand::Imm32 => operands.push(word::sbc(word).to_string()),
                Operand::Off => operands.push(self.target(end, word::sc(word))),
                Operand::Off32 => operands.push(self.target(end, word::sbc(word))),
                Operand::Free => {
                    operands.push(format!("free {field}"));
                    notes.extend(self.code.free_names.get(field).map(|name| name.to_string()));
                }
                Operand::Code => {
                    operands.push(format!("code {field}"));
                    let inner = self.code.codes.get(field);
                    notes.extend(inner.map(|inner| inner.qualname.to_string()));
                }
                Operand::Const => {
                    operands.push(format!("const {}", word::bc(word)));
                    notes.extend(self.code.consts.get(word::bc(word)).map(constant));
                }
                Operand::Name32 => notes.extend(self.name(word::bc(word))),
                Operand::Name => notes.extend(self.name(word::name(word))),
            }
        }
        if let Some(extra) = self.extension(op, word) {
            operands.push(extra);
        }
        notes.extend(self.cached(at, op));
        let text = format!("  {at:>5}  {:<12} {}", op.name(), operands.join(", "));
        match notes.is_empty() {
            true => writeln!(out, "{}", text.trim_end()),
            false => writeln!(out, "{text:<42} ; {}", notes.join(", ")),
        }
    }

    fn extension(&self, op: Op, word: Word) -> Option<String> {
        let ext = word::ext(word);
        match op {
            Op::Intrinsic => INTRINSICS.get(ext as usize).map(|which| format!("{which:?}")),
            _ if ext == 0 || op.operands().contains(&Operand::Name) => None,
            _ => Some(format!("ext {ext}")),
        }
    }

    fn cached(&self, at: usize, op: Op) -> Option<String> {
        let index = *self.code.words.get(at + op.words())? as usize;
        match op {
            Op::CallM | Op::CallSuper => self.name(index),
            Op::CallK => self.code.consts.get(index).map(constant),
            _ => None,
        }
    }

    fn target(&self, end: usize, offset: i64) -> String {
        format!("-> {}", end as i64 + offset)
    }

    fn name(&self, at: usize) -> Option<String> {
        self.code.names.get(at).map(|name| name.to_string())
    }

    fn local(&self, register: usize) -> Option<String> {
        let locals = &self.code.locals;
        let local = locals.iter().find(|local| local.register as usize == register)?;
        Some(local.name.to_string())
    }

    fn parameters(&self) -> String {
        let Params { positional_only, positional, keyword_only, star, double_star } =
            self.code.params;
        let mut names = self.code.locals.iter().map(|local| local.name.to_string());
        let mut next = || names.next().unwrap_or_default();
        let mut plain: Vec<String> = (0..positional_only).map(|_| next()).collect();
        if positional_only > 0 {
            plain.push("/".into());
        }
        plain.extend((0..positional).map(|_| next()));
        let keywords: Vec<String> = (0..keyword_only).map(|_| next()).collect();
        if star {
            plain.push(format!("*{}", next()));
        } else if keyword_only > 0 {
            plain.push("*".into());
        }
        plain.extend(keywords);
        if double_star {
            plain.push(format!("**{}", next()));
        }
        match plain.is_empty() {
            true => String::new(),
            false => format!("({})", plain.join(", ")),
        }
    }
}

/// A constant as the language writes it, cut where it is long.
fn constant(value: &Const) -> String {
    let list = |items: &[Const]| items.iter().map(constant).collect::<Vec<_>>().join(", ");
    let text = match value {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "...".into(),
        Const::Int(value) => value.to_string(),
        Const::BigInt { radix, digits } => format!("{digits} (base {radix})"),
        Const::Float(value) => format!("{value:?}"),
        Const::Complex(real, imaginary) => format!("({real:?}+{imaginary:?}j)"),
        Const::Str(text) => format!("{:?}", String::from_utf8_lossy(text)),
        Const::Bytes(text) => format!("b{:?}", String::from_utf8_lossy(text)),
        Const::Tuple(items) => match &items[..] {
            [only] => format!("({},)", constant(only)),
            items => format!("({})", list(items)),
        },
        Const::FrozenSet(items) => format!("frozenset({{{}}})", list(items)),
    };
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
