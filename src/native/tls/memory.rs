//! What outlives a connection: sessions that can be taken up again, and logs of keys.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex};

use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::{KeyLog, NamedGroup};

/// What a client remembers of a session, in order to take it up again in another connection.
#[derive(Debug, Default)]
pub struct Memory {
    /// What is taken up now.
    past: Option<Arc<Memory>>,
    tls12: Mutex<Option<Tls12ClientSessionValue>>,
    /// Each serves once, as the standard has it.
    tls13: Mutex<VecDeque<Tls13ClientSessionValue>>,
}

impl Memory {
    pub fn new(past: Option<Arc<Memory>>) -> Memory {
        Memory { past, ..Memory::default() }
    }

    /// Is there something to take up?
    pub fn is_full(&self) -> bool {
        self.tls12.lock().is_ok_and(|kept| kept.is_some())
            || self.tls13.lock().is_ok_and(|kept| !kept.is_empty())
    }
}

/// How many tickets of one session are kept.
const TICKETS: usize = 8;

impl ClientSessionStore for Memory {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        if let Ok(mut kept) = self.tls12.lock() {
            *kept = Some(value);
        }
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.past.as_ref()?.tls12.lock().ok()?.clone()
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        if let Some(mut kept) = self.past.as_ref().and_then(|past| past.tls12.lock().ok()) {
            *kept = None;
        }
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        if let Ok(mut kept) = self.tls13.lock() {
            kept.truncate(TICKETS - 1);
            kept.push_front(value);
        }
    }

    fn take_tls13_ticket(&self, _: &ServerName<'_>) -> Option<Tls13ClientSessionValue> {
        self.past.as_ref()?.tls13.lock().ok()?.pop_front()
    }
}

/// Writes the keys of connections to a file, in the format that analysers of protocols read.
#[derive(Debug)]
pub struct Log(Mutex<File>);

impl Log {
    pub fn new(file: File) -> Log {
        Log(Mutex::new(file))
    }
}

impl KeyLog for Log {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let digits = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let line = format!("{label} {} {}\n", digits(client_random), digits(secret));
        if let Ok(mut file) = self.0.lock() {
            // Nobody can be told: a connection does not fail because it is not recorded.
            let _ = file.write_all(line.as_bytes());
        }
    }
}
