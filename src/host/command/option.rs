//! Options: rows of a table, and the reading of arguments by it.
//!
//! The same rows make the help, the completions, the manual page and the suggestion for a slip of
//! the pen. Reading follows Python: letters may stand together, a letter's value may follow
//! at once, and where a script begins the options end.

use crate::plain::closest::closest;

/// A row: what an option is called, what it says, what it does to a `T`.
pub struct Opt<T: 'static> {
    pub shown: Shown,
    set: Set<T>,
    ends: bool,
}

/// What people see of an option.
#[derive(Clone, Copy)]
pub struct Shown {
    /// Letters (`-q`), then words (`--quiet`).
    pub names: &'static [&'static str],
    /// What its value is called.
    pub value: Option<&'static str>,
    /// What its value can be, if those are a few words.
    pub choices: &'static [&'static str],
    /// Empty: it is understood, but nobody needs to know.
    pub help: &'static str,
}

enum Set<T: 'static> {
    Flag(fn(&mut T)),
    Value(fn(&mut T, &[u8]) -> Result<(), String>),
}

impl<T> Opt<T> {
    /// An option that stands alone.
    pub const fn flag(
        names: &'static [&'static str],
        help: &'static str,
        set: fn(&mut T),
    ) -> Opt<T> {
        let shown = Shown { names, value: None, choices: &[], help };
        Opt { shown, set: Set::Flag(set), ends: false }
    }

    /// An option with a value.
    pub const fn value(
        names: &'static [&'static str],
        value: &'static str,
        help: &'static str,
        set: fn(&mut T, &[u8]) -> Result<(), String>,
    ) -> Opt<T> {
        let shown = Shown { names, value: Some(value), choices: &[], help };
        Opt { shown, set: Set::Value(set), ends: false }
    }

    /// Its value is one of these.
    pub const fn one_of(mut self, choices: &'static [&'static str]) -> Opt<T> {
        self.shown.choices = choices;
        self
    }

    /// Whatever follows belongs to the script.
    pub const fn last(mut self) -> Opt<T> {
        self.ends = true;
        self
    }
}

/// What every command understands.
pub const HELP: Shown =
    Shown { names: &["-h", "--help"], value: None, choices: &[], help: "print this help and exit" };

/// Where options may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Before the first operand: what follows is the script's.
    First,
    /// Anywhere before `--`.
    Mixed,
}

/// What the arguments were.
pub enum Given {
    /// What is not an option.
    Operands(Vec<Vec<u8>>),
    /// The help is wanted.
    Help,
}

/// Reads arguments by a table; `Err` says what is wrong with them.
pub fn read<T>(
    table: &[Opt<T>],
    order: Order,
    args: Vec<Vec<u8>>,
    target: &mut T,
) -> Result<Given, String> {
    let mut operands = Vec::new();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match &arg[..] {
            b"--" => {
                operands.extend(args);
                break;
            }
            b"-" => operands.push(arg),
            [b'-', b'-', ..] => {
                let (name, value) = match arg.iter().position(|&b| b == b'=') {
                    Some(at) => (&arg[..at], Some(arg[at + 1..].to_vec())),
                    None => (&arg[..], None),
                };
                if is_help(name) {
                    return Ok(Given::Help);
                }
                let opt = find(table, name).ok_or_else(|| unknown(table, name))?;
                apply(opt, name, value, &mut args, target)?;
                if opt.ends {
                    operands.extend(args);
                    break;
                }
            }
            [b'-', letters @ ..] => match read_letters(table, letters, &mut args, target)? {
                Step::On => {}
                Step::End => {
                    operands.extend(args);
                    break;
                }
                Step::Help => return Ok(Given::Help),
            },
            _ => operands.push(arg),
        }
        if order == Order::First && !operands.is_empty() {
            operands.extend(args);
            break;
        }
    }
    Ok(Given::Operands(operands))
}

/// How reading goes on behind letters.
enum Step {
    On,
    /// Whatever follows belongs to the script.
    End,
    Help,
}

/// Reads letters that stand together.
fn read_letters<T>(
    table: &[Opt<T>],
    letters: &[u8],
    args: &mut impl Iterator<Item = Vec<u8>>,
    target: &mut T,
) -> Result<Step, String> {
    for (at, &letter) in letters.iter().enumerate() {
        let name = [b'-', letter];
        if is_help(&name) {
            return Ok(Step::Help);
        }
        let Some(opt) = find(table, &name) else {
            // A word behind one dash is meant as a whole.
            let is_word = letters.len() > 2 && letters.iter().all(u8::is_ascii_lowercase);
            let whole = if at == 0 || is_word { [b"-", letters].concat() } else { name.to_vec() };
            return Err(unknown(table, &whole));
        };
        if opt.shown.value.is_none() {
            apply(opt, &name, None, args, target)?;
            continue;
        }
        let rest = &letters[at + 1..];
        let value = (!rest.is_empty()).then(|| rest.to_vec());
        apply(opt, &name, value, args, target)?;
        return Ok(if opt.ends { Step::End } else { Step::On });
    }
    Ok(Step::On)
}

fn apply<T>(
    opt: &Opt<T>,
    name: &[u8],
    value: Option<Vec<u8>>,
    args: &mut impl Iterator<Item = Vec<u8>>,
    target: &mut T,
) -> Result<(), String> {
    let name = String::from_utf8_lossy(name);
    match (&opt.set, value) {
        (Set::Flag(set), None) => set(target),
        (Set::Flag(_), Some(_)) => return Err(format!("{name} takes no value")),
        (Set::Value(set), value) => {
            let Some(value) = value.or_else(|| args.next()) else {
                return Err(format!("argument expected for the {name} option"));
            };
            set(target, &value).map_err(|problem| format!("{name}: {problem}"))?;
        }
    }
    Ok(())
}

fn is_help(name: &[u8]) -> bool {
    name == b"-?" || HELP.names.iter().any(|known| known.as_bytes() == name)
}

fn find<'a, T>(table: &'a [Opt<T>], name: &[u8]) -> Option<&'a Opt<T>> {
    table.iter().find(|opt| opt.shown.names.iter().any(|known| known.as_bytes() == name))
}

fn unknown<T>(table: &[Opt<T>], name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let visible = table.iter().map(|opt| opt.shown).filter(|shown| !shown.help.is_empty());
    let known = visible.chain([HELP]).flat_map(|shown| shown.names).copied();
    // One letter is near to every other.
    let mut words: Vec<&str> = known.filter(|known| known.starts_with("--")).collect();
    words.sort_unstable();
    let meant = format!("--{}", name.trim_start_matches('-'));
    let begun = words.iter().copied().find(|word| meant.len() > 3 && word.starts_with(&meant));
    match begun.map(str::to_owned).or_else(|| closest(&meant, words)) {
        Some(near) => format!("unknown option {name}; did you mean {near}?"),
        None => format!("unknown option {name}"),
    }
}

/// A number of seconds.
pub fn seconds(value: &[u8]) -> Result<std::time::Duration, String> {
    let text = String::from_utf8_lossy(value);
    let number: f64 = text.parse().map_err(|_| format!("'{text}' is not a number of seconds"))?;
    if !number.is_finite() || number <= 0.0 {
        return Err("a number of seconds above 0 is expected".into());
    }
    Ok(std::time::Duration::from_secs_f64(number.min(1e9)))
}
