//! Identifiers: which characters they may hold, and their normal form.

use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

pub fn is_xid_start(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_start(c)
}

pub fn is_xid_continue(c: char) -> bool {
    unicode_ident::is_xid_continue(c)
}

/// NFKC, by which `ﬁ` and `fi` are one name.
pub fn normalize(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) }
}
