//! Generates the parser from `src/sloop.lalrpop` and the table of the names of characters into
//! `OUT_DIR`; nothing generated is committed.

use std::collections::HashMap;
use std::path::Path;
use std::{env, fs};

/// Further names that Unicode gives to characters: a code point and a name to a line.
const ALIASES: &str = include_str!("aliases.txt");
/// What stands before a syllable's sounds, from which its name can be told.
const SYLLABLE: &str = "HANGUL SYLLABLE ";

fn main() {
    lalrpop::Configuration::new()
        .use_cargo_dir_conventions()
        .emit_rerun_directives(true)
        .process()
        .expect("the grammar is free of conflicts and OUT_DIR is set by cargo");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=aliases.txt");
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("names.bin"), names()).expect("OUT_DIR can be written to");
}

/// The names of all characters, as `src/character_names.rs` reads them: the words in use, the
/// most frequent first, then the ranges whose names end with the code point, then runs of
/// characters, each name as what it has in common with the one before and the numbers of the
/// words that follow.
fn names() -> Vec<u8> {
    let mut ranges: Vec<(&str, u32, u32)> = Vec::new();
    let mut named: Vec<(u32, String)> = Vec::new();
    let all: Vec<(u32, String)> = (0..=0x10FFFF)
        .filter_map(|code| Some((code, unicode_names2::name(char::from_u32(code)?)?.to_string())))
        .collect();
    for (code, name) in &all {
        if name.starts_with(SYLLABLE) {
            continue;
        }
        match name.strip_suffix(&format!("-{code:X}")) {
            Some(prefix) => match ranges.last_mut() {
                Some((last, _, end)) if *last == prefix && *end + 1 == *code => *end = *code,
                _ => ranges.push((prefix, *code, *code)),
            },
            None => named.push((*code, name.clone())),
        }
    }
    for (code, alias) in ALIASES.lines().filter_map(|line| line.split_once(' ')) {
        named.push((u32::from_str_radix(code, 16).expect("a code point"), alias.to_string()));
    }

    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in named.iter().flat_map(|(_, name)| name.split(' ')) {
        *counts.entry(word).or_default() += 1;
    }
    let mut words: Vec<(&str, usize)> = counts.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let numbers: HashMap<&str, usize> =
        words.iter().enumerate().map(|(number, (word, _))| (*word, number)).collect();

    let mut out = Vec::new();
    let text = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" ");
    put_text(&mut out, &text);
    put_number(&mut out, ranges.len());
    for (prefix, first, last) in &ranges {
        put_text(&mut out, prefix);
        put_number(&mut out, *first as usize);
        put_number(&mut out, *last as usize);
    }
    let mut known: Vec<&str> = Vec::new();
    let runs = named.chunk_by(|a, b| a.0 + 1 == b.0);
    put_number(&mut out, runs.clone().count());
    for run in runs {
        put_number(&mut out, run[0].0 as usize);
        put_number(&mut out, run.len());
        for (_, name) in run {
            let name: Vec<&str> = name.split(' ').collect();
            let kept = known.iter().zip(&name).take_while(|(a, b)| a == b).count();
            assert!(name.len() < 16, "both numbers of words fit into one byte");
            out.push((kept << 4 | (name.len() - kept)) as u8);
            name[kept..].iter().for_each(|word| put_number(&mut out, numbers[word]));
            known = name;
        }
    }
    out
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// Seven bits to a byte; all but the last have the eighth set.
fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
