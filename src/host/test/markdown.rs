//! Fenced blocks of Markdown files: each one tagged `sloop` is a test, one tagged `output` directly
//! behind it is what the test prints.

use std::ops::Range;

/// A block tagged `sloop`.
#[derive(Clone, Debug)]
pub struct Block {
    /// The number of the line that opens it.
    pub line: usize,
    /// Its code, without the indentation of the fence.
    pub code: String,
    /// Where its code stands in the file.
    pub span: Range<usize>,
    pub output: Option<Output>,
    /// What stands before each of its lines.
    pub indent: String,
}

/// The block behind it.
#[derive(Clone, Debug)]
pub struct Output {
    pub text: String,
    pub span: Range<usize>,
    pub indent: String,
}

impl Block {
    /// The code on the lines where it stands in the file, so that reports point there.
    pub fn program(&self) -> String {
        "\n".repeat(self.line) + &self.code
    }
}

struct Fence<'t> {
    tag: &'t str,
    line: usize,
    indent: &'t str,
    content: Range<usize>,
    /// Lines that are not blank stand between it and the fence before.
    apart: bool,
}

pub fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut after_code = false;
    for fence in fences(text) {
        let body = || unindented(&text[fence.content.clone()], fence.indent.len());
        let (span, indent) = (fence.content.clone(), fence.indent.to_owned());
        let is_code = fence.tag == "sloop";
        if is_code {
            found.push(Block { line: fence.line, code: body(), span, output: None, indent });
        } else if fence.tag == "output"
            && after_code
            && !fence.apart
            && let Some(block) = found.last_mut()
        {
            block.output = Some(Output { text: body(), span, indent });
        }
        after_code = is_code;
    }
    found
}

fn fences(text: &str) -> Vec<Fence<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(Fence<'_>, &str)> = None;
    let (mut at, mut apart) = (0, false);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        let bare = line.trim_start_matches([' ', '\t']);
        let indent = &line[..line.len() - bare.len()];
        let bare = bare.trim_end();
        let marks = bare.len() - bare.trim_start_matches(['`', '~']).len();
        let marks = if bare[..marks].bytes().all(|b| b == bare.as_bytes()[0]) { marks } else { 0 };
        match &mut open {
            Some((fence, mark)) => {
                let closes = marks >= mark.len() && marks == bare.len() && bare.starts_with(*mark);
                if closes {
                    fence.content.end = start;
                    found.extend(open.take().map(|(fence, _)| fence));
                    apart = false;
                }
            }
            None if marks >= 3 => {
                let info = bare[marks..].trim_start();
                let tag = info.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or("");
                let content = at..text.len();
                let fence = Fence { tag, line: number + 1, indent, content, apart };
                open = Some((fence, &bare[..marks]));
            }
            None => apart |= !bare.is_empty(),
        }
    }
    // One that is never closed reaches to the end.
    found.extend(open.map(|(fence, _)| fence));
    found
}

/// Lines without so many blanks in front.
fn unindented(text: &str, width: usize) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        &line[blanks.min(width)..]
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_their_output() {
        let text = "a\n```sloop\nprint(1)\n```\n\n```output\n1\n```\ntext\n~~~ sloop\nx = '''\n```\n'''\n~~~\n\
                    no\n```output\nx\n```\n1. i\n   ```sloop\n   if 1:\n       y\n   ```\n   ``` output\n   z\n   ```\n```sloop\nopen";
        let found = blocks(text);
        let codes: Vec<_> = found.iter().map(|block| (block.line, &block.code[..])).collect();
        let inner = "x = '''\n```\n'''\n";
        assert_eq!(codes, [(2, "print(1)\n"), (10, inner), (20, "if 1:\n    y\n"), (27, "open")]);
        let outputs: Vec<_> = found
            .iter()
            .map(|block| block.output.as_ref().map(|output| &output.text[..]))
            .collect();
        assert_eq!(outputs, [Some("1\n"), None, Some("z\n"), None]);
        assert_eq!(found[0].program(), "\n\nprint(1)\n");
    }

    #[test]
    fn damaged_texts_do_not_panic() {
        for text in [
            "",
            "```",
            "```sloop",
            "~~~`sloop\n",
            "```\n```sloop\n~~~\n",
            "`é`\r\n```sloop\r\nx\r\n```",
        ] {
            blocks(text);
        }
    }
}
