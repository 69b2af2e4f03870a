//! `sloop completions SHELL`: what a shell needs to complete command lines, made from the tables.

use super::option::{HELP, Shown};
use super::table::{OPTIONS, Operands, SUBCOMMANDS, Subcommand};
use super::{read_options, say, wrong};
use crate::host::ending::Exit;

pub const SHELLS: &[&str] = &["bash", "zsh", "fish"];

pub fn main(args: Vec<Vec<u8>>) -> Exit {
    let operands = match read_options("completions", &[], &mut (), args) {
        Ok(operands) => operands,
        Err(exit) => return exit,
    };
    match operands.iter().map(Vec::as_slice).collect::<Vec<_>>()[..] {
        [b"bash"] => say(&bash()),
        [b"zsh"] => say(&zsh()),
        [b"fish"] => say(&fish()),
        _ => wrong("sloop completions", "for which shell: bash, zsh or fish?"),
    }
}

/// The options people may see.
fn visible(options: Vec<Shown>) -> impl Iterator<Item = Shown> {
    options.into_iter().filter(|shown| !shown.help.is_empty()).chain([HELP])
}

fn general() -> Vec<Shown> {
    OPTIONS.iter().map(|opt| opt.shown).collect()
}

fn words(options: Vec<Shown>) -> String {
    let names: Vec<&str> = visible(options).flat_map(|shown| shown.names).copied().collect();
    names.join(" ")
}

fn operands(row: &Subcommand) -> (&'static str, String) {
    match row.operands {
        Operands::None => ("", String::new()),
        Operands::Files => ("-f", String::new()),
        Operands::OneOf(words) => ("", words().join(" ")),
    }
}

/// What an option's value may be.
enum Values {
    Files,
    Words(String),
    /// Nobody can guess it.
    Any,
}

fn values(shown: &Shown) -> Option<Values> {
    Some(match shown.value? {
        _ if !shown.choices.is_empty() => Values::Words(shown.choices.join(" ")),
        "FILE" => Values::Files,
        _ => Values::Any,
    })
}

fn bash() -> String {
    let names: Vec<&str> = SUBCOMMANDS.iter().map(|row| row.name).collect();
    let (mut before, mut cases) = (String::new(), String::new());
    let mut told = Vec::new();
    for row in SUBCOMMANDS {
        for shown in visible((row.options)()) {
            if told.contains(&shown.names) {
                continue;
            }
            let from = match values(&shown) {
                None => continue,
                Some(Values::Files) => "-f".to_owned(),
                Some(Values::Words(words)) => format!("-W '{words}'"),
                Some(Values::Any) => "-W ''".to_owned(),
            };
            told.push(shown.names);
            before += &format!(
                "    {}) mapfile -t COMPREPLY < <(compgen {from} -- \"$word\"); return ;;\n",
                shown.names.join("|")
            );
        }
        let (files, more) = operands(row);
        let all = format!("{} {more}", words((row.options)()));
        cases += &format!(
            "    {}) mapfile -t COMPREPLY < <(compgen {files} -W '{}' -- \"$word\") ;;\n",
            row.name,
            all.trim_end()
        );
    }
    let general = words(general());
    format!(
        "_sloop() {{\n\
         \x20 local word=${{COMP_WORDS[COMP_CWORD]}} first=${{COMP_WORDS[1]}}\n\
         \x20 if (( COMP_CWORD == 1 )); then\n\
         \x20   mapfile -t COMPREPLY < <(compgen -f -W '{} {general}' -- \"$word\")\n\
         \x20   return\n\
         \x20 fi\n\
         \x20 case ${{COMP_WORDS[COMP_CWORD-1]}} in\n\
         {before}\
         \x20 esac\n\
         \x20 case $first in\n\
         {cases}\
         \x20   *) mapfile -t COMPREPLY < <(compgen -f -W '{general}' -- \"$word\") ;;\n\
         \x20 esac\n\
         }}\n\
         complete -o filenames -F _sloop sloop\n",
        names.join(" ")
    )
}

/// Text inside of single quotes, for bash and zsh.
fn quoted(text: &str) -> String {
    text.replace('\'', "'\\''")
}

fn zsh() -> String {
    let specs = |options: Vec<Shown>| -> String {
        let mut out = String::new();
        for shown in visible(options) {
            for name in shown.names {
                let help = shown.help.replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
                let value = shown.value.unwrap_or_default();
                let value = match values(&shown) {
                    None => String::new(),
                    Some(Values::Files) => format!(":{value}:_files"),
                    Some(Values::Words(words)) => format!(":{value}:({words})"),
                    Some(Values::Any) => format!(":{value}: "),
                };
                out += &format!(" '{name}[{}]{value}'", quoted(&help));
            }
        }
        out
    };
    let mut list = String::new();
    let mut cases = String::new();
    for row in SUBCOMMANDS {
        list += &format!(" '{}:{}'", row.name, quoted(row.help));
        let operands = match row.operands {
            Operands::None => String::new(),
            Operands::Files => " '*:file:_files'".into(),
            Operands::OneOf(words) => format!(" '*:word:({})'", words().join(" ")),
        };
        cases += &format!("    {}) _arguments{}{operands} ;;\n", row.name, specs((row.options)()));
    }
    format!(
        "#compdef sloop\n\
         _sloop() {{\n\
         \x20 local -a commands=({list})\n\
         \x20 if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n\
         \x20   _describe command commands\n\
         \x20   _files\n\
         \x20   return\n\
         \x20 fi\n\
         \x20 local first=$words[2]\n\
         \x20 if (( CURRENT > 2 )) && [[ -n ${{commands[(r)$first:*]}} ]]; then\n\
         \x20   shift words\n\
         \x20   (( CURRENT-- ))\n\
         \x20 fi\n\
         \x20 case $first in\n\
         {cases}\
         \x20   *) _arguments{} '*:file:_files' ;;\n\
         \x20 esac\n\
         }}\n\
         (( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit; }}\n\
         compdef _sloop sloop\n",
        specs(general())
    )
}

fn fish() -> String {
    let text = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    let mut out = String::new();
    let mut options = |condition: &str, options: Vec<Shown>| {
        for shown in visible(options) {
            out += &format!("complete -c sloop -n '{condition}'");
            for name in shown.names {
                match name.strip_prefix("--") {
                    Some(word) => out += &format!(" -l {word}"),
                    None if name.len() == 2 => out += &format!(" -s {}", &name[1..]),
                    None => out += &format!(" -o {}", &name[1..]),
                }
            }
            match values(&shown) {
                None => {}
                Some(Values::Files) => out += " -r",
                Some(Values::Words(words)) => out += &format!(" -x -a '{words}'"),
                Some(Values::Any) => out += " -x",
            }
            out += &format!(" -d '{}'\n", text(shown.help));
        }
    };
    options("__fish_use_subcommand", general());
    for row in SUBCOMMANDS {
        options(&format!("__fish_seen_subcommand_from {}", row.name), (row.options)());
    }
    for row in SUBCOMMANDS {
        out += &format!(
            "complete -c sloop -n __fish_use_subcommand -a {} -d '{}'\n",
            row.name,
            text(row.help)
        );
        let seen = format!("complete -c sloop -n '__fish_seen_subcommand_from {}'", row.name);
        match row.operands {
            Operands::None => out += &format!("{seen} -f\n"),
            Operands::Files => {}
            Operands::OneOf(words) => out += &format!("{seen} -f -a '{}'\n", words().join(" ")),
        }
    }
    out
}
