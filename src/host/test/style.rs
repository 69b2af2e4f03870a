//! Text whose lines have a meaning, so that it can be coloured or not when it is printed.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    /// What is wrong.
    Bold,
    /// Of less interest.
    Dim,
    /// Expected, but missing.
    Removed,
    /// Not expected.
    Added,
}

#[derive(Clone, Debug, Default)]
pub struct Text {
    lines: Vec<(Style, String)>,
}

impl Text {
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn line(&mut self, style: Style, line: impl Into<String>) {
        self.lines.push((style, line.into()));
    }

    /// The lines of a text, each behind `indent`.
    pub fn block(&mut self, style: Style, indent: &str, text: &str) {
        for line in text.lines() {
            self.line(style, format!("{indent}{line}"));
        }
    }

    pub fn append(&mut self, other: Text) {
        self.lines.extend(other.lines);
    }

    pub fn show(&self, indent: &str, color: bool) -> String {
        let mut out = String::new();
        for (style, line) in &self.lines {
            let line = visible(line);
            match color.then(|| code(*style)).flatten() {
                Some(code) => out += &format!("{indent}\x1b[{code}m{line}\x1b[0m\n"),
                None => out += format!("{indent}{line}").trim_end(),
            }
            if !out.ends_with('\n') {
                out.push('\n');
            }
        }
        out
    }
}

fn code(style: Style) -> Option<&'static str> {
    match style {
        Style::Plain => None,
        Style::Bold => Some("1"),
        Style::Dim => Some("2"),
        Style::Removed => Some("31"),
        Style::Added => Some("32"),
    }
}

/// Control characters of a script's output must not reach the terminal.
fn visible(line: &str) -> String {
    line.chars()
        .map(|c| match c {
            '\t' => c.to_string(),
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or(c).to_string(),
            '\u{7f}'..='\u{9f}' => format!("\\x{:02x}", c as u32),
            c => c.to_string(),
        })
        .collect()
}
