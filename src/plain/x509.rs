//! Reads what certificates say: names, dates, numbers. Whether that is true is not judged here.
//!
//! Damaged certificates give None, and parts that are not known are left out.

/// The fields of a certificate that people ask for.
#[derive(Debug, Default, PartialEq)]
pub struct Certificate {
    pub version: u64,
    /// In hexadecimal digits.
    pub serial: String,
    pub issuer: Name,
    pub subject: Name,
    pub not_before: Moment,
    pub not_after: Moment,
    /// Kinds and texts of the names that it is valid for.
    pub names: Vec<(&'static str, Alternative)>,
    /// Where it can be asked whether the certificate is still good, where the issuer's own is,
    /// and where lists of those that are not good any more are.
    pub status: Vec<String>,
    pub issuers: Vec<String>,
    pub revoked: Vec<String>,
    /// Are issuer and subject the same?
    pub self_issued: bool,
    /// May it vouch for others? Old ones do not say; then those that vouch for themselves may.
    pub authority: bool,
}

/// What somebody is called: parts of pairs, most often one in each.
pub type Name = Vec<Vec<(String, String)>>;

/// A name that a certificate is valid for.
#[derive(Debug, PartialEq)]
pub enum Alternative {
    Text(String),
    Folder(Name),
}

/// Year, month, day, hour, minute, second.
pub type Moment = [u16; 6];

impl Certificate {
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let mut outer = Reader(Reader(der).next(SEQUENCE)?);
        let mut body = Reader(outer.next(SEQUENCE)?);
        let mut made = Certificate { version: 1, ..Certificate::default() };
        if body.peek() == Some(0xA0) {
            let number = Reader(body.next(0xA0)?).next(INTEGER)?;
            let number = number.iter().fold(0, |n, &byte| n << 8 | u64::from(byte));
            made.version = u64::wrapping_add(number, 1);
        }
        let serial = body.next(INTEGER)?;
        let serial = serial.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(serial);
        made.serial = serial.iter().map(|byte| format!("{byte:02X}")).collect();
        body.next(SEQUENCE)?;
        let issuer = body.next(SEQUENCE)?;
        made.issuer = name(issuer)?;
        let mut dates = Reader(body.next(SEQUENCE)?);
        made.not_before = dates.moment()?;
        made.not_after = dates.moment()?;
        let subject = body.next(SEQUENCE)?;
        made.subject = name(subject)?;
        made.self_issued = issuer == subject;
        body.next(SEQUENCE)?;
        made.authority = made.version == 1 && made.self_issued;
        while let Some(tag) = body.peek() {
            let content = body.next(tag)?;
            if tag == 0xA3 {
                let mut list = Reader(Reader(content).next(SEQUENCE)?);
                while list.peek().is_some() {
                    let mut extension = Reader(list.next(SEQUENCE)?);
                    let id = extension.next(OBJECT_ID)?;
                    if extension.peek() == Some(BOOLEAN) {
                        extension.next(BOOLEAN)?;
                    }
                    let value = extension.next(OCTETS)?;
                    match id {
                        SUBJECT_ALT_NAME => made.names = alternatives(value)?,
                        AUTHORITY_ACCESS => made.read_access(value)?,
                        BASIC_CONSTRAINTS => {
                            let mut parts = Reader(Reader(value).next(SEQUENCE)?);
                            made.authority = parts.peek() == Some(BOOLEAN)
                                && parts.next(BOOLEAN)?.first().is_some_and(|&byte| byte != 0);
                        }
                        REVOCATION_LISTS => made.revoked = lists(value)?,
                        _ => {}
                    }
                }
            }
        }
        Some(made)
    }

    fn read_access(&mut self, content: &[u8]) -> Option<()> {
        let mut list = Reader(Reader(content).next(SEQUENCE)?);
        while list.peek().is_some() {
            let mut entry = Reader(list.next(SEQUENCE)?);
            let id = entry.next(OBJECT_ID)?;
            let places = match id {
                ACCESS_STATUS => &mut self.status,
                ACCESS_ISSUERS => &mut self.issuers,
                _ => continue,
            };
            if entry.peek() == Some(URI) {
                places.push(plain(entry.next(URI)?));
            }
        }
        Some(())
    }

    /// The common name of the subject, if there is one.
    pub fn common_name(&self) -> Option<&str> {
        let mut pairs = self.subject.iter().flatten();
        pairs.find(|(key, _)| key == "commonName").map(|(_, value)| value.as_str())
    }
}

/// A date as certificates show it.
pub fn shown(moment: &Moment) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let [year, month, day, hour, minute, second] = *moment;
    let month = MONTHS[usize::from(month.clamp(1, 12)) - 1];
    format!("{month} {day:>2} {hour:02}:{minute:02}:{second:02} {year} GMT")
}

/// Seconds since 1970.
pub fn seconds(moment: &Moment) -> i64 {
    let [year, month, day, hour, minute, second] = moment.map(i64::from);
    // Years begin in March, so that the odd day is the last.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    ((days - 719_468) * 24 + hour) * 3600 + minute * 60 + second
}

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT_ID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const BMP_STRING: u8 = 0x1E;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// A name of this kind is the address of something.
const URI: u8 = 0x86;
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
const REVOCATION_LISTS: &[u8] = &[0x55, 0x1D, 0x1F];
const AUTHORITY_ACCESS: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 1, 1];
const ACCESS_STATUS: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 48, 1];
const ACCESS_ISSUERS: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 48, 2];

/// What is left of a run of DER values.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The content of the next value, which must have this tag.
    fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut size = usize::from(first);
        if first >= 0x80 {
            let count = usize::from(first & 0x7F);
            if count == 0 || count > 4 || count > rest.len() {
                return None;
            }
            size = rest[..count].iter().fold(0, |n, &byte| n << 8 | usize::from(byte));
            rest = &rest[count..];
        }
        if found != tag || size > rest.len() {
            return None;
        }
        let (content, rest) = rest.split_at(size);
        self.0 = rest;
        Some(content)
    }

    fn moment(&mut self) -> Option<Moment> {
        let tag = self.peek()?;
        let text = self.next(tag)?;
        let digits = text.strip_suffix(b"Z")?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let number = |part: &[u8]| part.iter().fold(0, |n, &digit| n * 10 + u16::from(digit - 48));
        let (year, rest) = if tag == UTC_TIME {
            let year = number(digits.get(..2)?);
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        } else {
            (number(digits.get(..4)?), &digits[4..])
        };
        let mut made = [year, 0, 0, 0, 0, 0];
        for (place, part) in made[1..].iter_mut().zip(rest.chunks(2)) {
            *place = number(part);
        }
        (rest.len() == 10).then_some(made)
    }
}

fn name(content: &[u8]) -> Option<Name> {
    let mut parts = Reader(content);
    let mut made = Vec::new();
    while parts.peek().is_some() {
        let mut pairs = Reader(parts.next(SET)?);
        let mut part = Vec::new();
        while pairs.peek().is_some() {
            let mut pair = Reader(pairs.next(SEQUENCE)?);
            let key = pair.next(OBJECT_ID)?;
            let tag = pair.peek()?;
            part.push((key_name(key), text(tag, pair.next(tag)?)));
        }
        made.push(part);
    }
    Some(made)
}

fn text(tag: u8, content: &[u8]) -> String {
    if tag == BMP_STRING {
        let units: Vec<u16> = content
            .chunks_exact(2)
            .map(|pair| u16::from(pair[0]) << 8 | u16::from(pair[1]))
            .collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(content).into_owned()
}

/// What a part of a name is called; numbers with dots if nobody knows it.
fn key_name(id: &[u8]) -> String {
    let known = match id {
        [0x55, 0x04, last] => match last {
            3 => "commonName",
            4 => "surname",
            5 => "serialNumber",
            6 => "countryName",
            7 => "localityName",
            8 => "stateOrProvinceName",
            9 => "streetAddress",
            10 => "organizationName",
            11 => "organizationalUnitName",
            12 => "title",
            13 => "description",
            17 => "postalCode",
            42 => "givenName",
            43 => "initials",
            46 => "dnQualifier",
            65 => "pseudonym",
            97 => "organizationIdentifier",
            _ => "",
        },
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01] => "emailAddress",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x01] => "userId",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19] => "domainComponent",
        _ => "",
    };
    if !known.is_empty() {
        return known.into();
    }
    dotted(id)
}

/// The numbers of an object's id, with dots between.
fn dotted(id: &[u8]) -> String {
    let mut numbers = Vec::new();
    let mut number: u64 = 0;
    for &byte in id {
        number = number << 7 | u64::from(byte & 0x7F);
        if byte < 0x80 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first.to_string());
                number -= first * 40;
            }
            numbers.push(number.to_string());
            number = 0;
        }
    }
    numbers.join(".")
}

/// The names that a certificate is valid for.
fn alternatives(content: &[u8]) -> Option<Vec<(&'static str, Alternative)>> {
    let mut list = Reader(Reader(content).next(SEQUENCE)?);
    let mut made = Vec::new();
    while let Some(tag) = list.peek() {
        let value = list.next(tag)?;
        let (kind, text) = match tag {
            0xA0 => ("othername", "<unsupported>".into()),
            0x81 => ("email", plain(value)),
            0x82 => ("DNS", plain(value)),
            0xA4 => {
                let name = name(Reader(value).next(SEQUENCE)?)?;
                made.push(("DirName", Alternative::Folder(name)));
                continue;
            }
            URI => ("URI", plain(value)),
            0x87 => ("IP Address", address(value)),
            0x88 => ("Registered ID", dotted(value)),
            _ => continue,
        };
        made.push((kind, Alternative::Text(text)));
    }
    Some(made)
}

/// The addresses in a list of points where lists of revoked certificates are.
fn lists(content: &[u8]) -> Option<Vec<String>> {
    let mut points = Reader(Reader(content).next(SEQUENCE)?);
    let mut made = Vec::new();
    while points.peek().is_some() {
        let mut point = Reader(points.next(SEQUENCE)?);
        if point.peek() != Some(0xA0) {
            continue;
        }
        let mut name = Reader(point.next(0xA0)?);
        if name.peek() != Some(0xA0) {
            continue;
        }
        let mut names = Reader(name.next(0xA0)?);
        while let Some(tag) = names.peek() {
            let value = names.next(tag)?;
            if tag == URI {
                made.push(plain(value));
            }
        }
    }
    Some(made)
}

fn plain(content: &[u8]) -> String {
    String::from_utf8_lossy(content).into_owned()
}

fn address(bytes: &[u8]) -> String {
    let parts: Vec<String> = match bytes.len() {
        4 => return bytes.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        16 => bytes.chunks(2).map(|p| format!("{:X}", u16::from(p[0]) << 8 | u16::from(p[1]))),
        _ => return "<invalid>".into(),
    }
    .collect();
    parts.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_and_shown() {
        assert_eq!(seconds(&[1970, 1, 1, 0, 0, 0]), 0);
        assert_eq!(seconds(&[2000, 3, 1, 0, 0, 1]), 951_868_801);
        assert_eq!(shown(&[2026, 2, 3, 4, 5, 6]), "Feb  3 04:05:06 2026 GMT");
    }

    #[test]
    fn damage_is_no_certificate() {
        for der in
            [&b""[..], b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x02\x30\x00"]
        {
            assert_eq!(Certificate::read(der), None);
        }
    }
}
