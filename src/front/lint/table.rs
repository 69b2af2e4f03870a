//! Table.
pub fn find(_code: &str) -> Option<()> { None }
