//! A connection: what comes is decrypted, what goes is encrypted, without any input or output.

use std::io::{Cursor, Read, Write};
use std::sync::Arc;

use rustls::client::{ClientConnection, Resumption};
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use rustls::server::{Accepted, Acceptor, ServerConnection};
use rustls::{
    ClientConfig, Connection, Error, HandshakeKind, InvalidMessage, PeerIncompatible,
    SupportedCipherSuite,
};

use super::engine::{Config, Shown, Sided, cipher_of, cipher_row, version_name};
use super::fault::{Fault, alert_fault};
use super::memory::Memory;
use super::verify::{Judge, Refusal};

/// How far a connection has come.
enum Stage {
    /// A server that wants to know what a client asks for before it says how it answers.
    Listening(Box<Acceptor>),
    Asked(Box<Accepted>),
    Going(Box<Connection>),
    /// A client was refused before there was a connection.
    Refused,
}

/// Where the stream stands in a record: behind the last one the stream may go on in the clear.
#[derive(Default)]
struct Record {
    header: [u8; 5],
    got: usize,
    /// What is still to come behind the header.
    left: usize,
}

impl Record {
    /// How much of the data belongs to the record.
    fn step(&mut self, data: &[u8]) -> usize {
        let mut size = 0;
        if self.left == 0 {
            while self.got < 5 && size < data.len() {
                self.header[self.got] = data[size];
                self.got += 1;
                size += 1;
            }
            if self.got < 5 {
                return size;
            }
            self.left = usize::from(self.header[3]) << 8 | usize::from(self.header[4]);
            self.got = 0;
        }
        let more = self.left.min(data.len() - size);
        self.left -= more;
        size + more
    }
}

pub struct Session {
    stage: Stage,
    /// None while nobody has chosen how a client is answered.
    judge: Option<Arc<Judge>>,
    memory: Arc<Memory>,
    /// What a server shows, and the ciphers of its client that it knows.
    shown: Option<Arc<Shown>>,
    offered: Vec<SupportedCipherSuite>,
    /// What is to be sent before there is a connection: complaints.
    out: Vec<u8>,
    /// What came behind the client's first message while nobody has said how it is answered, or
    /// behind the end.
    kept: Vec<u8>,
    record: Record,
    /// What was decrypted, and how much of it was taken.
    plain: Vec<u8>,
    taken: usize,
    /// The first bytes that came, until the handshake is over: what somebody sends who means
    /// another protocol.
    first: Vec<u8>,
}

impl Session {
    /// Without a name the server is not told one.
    pub fn new(
        config: &Config,
        name: Option<&str>,
        past: Option<Arc<Memory>>,
    ) -> Result<Session, Fault> {
        let invalid = |error: Error| Fault::new("INTERNAL_ERROR", error.to_string());
        let memory = Arc::new(Memory::new(past));
        let going = |mut made: Connection| {
            // How much may wait is for those to say who write.
            made.set_buffer_limit(None);
            Stage::Going(Box::new(made))
        };
        let stage = match &config.side {
            Sided::Client(config) => {
                let name = match name {
                    Some(name) => ServerName::try_from(name.to_owned()).map_err(|_| {
                        Fault::new("BAD_NAME", format!("{name:?} is not a valid host name"))
                    })?,
                    // Servers are never told addresses.
                    None => ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4]))),
                };
                let mut config = ClientConfig::clone(config);
                config.resumption = Resumption::store(memory.clone());
                let made = ClientConnection::new(Arc::new(config), name).map_err(invalid)?;
                going(made.into())
            }
            Sided::Server(config, _) => {
                going(ServerConnection::new(config.clone()).map_err(invalid)?.into())
            }
        };
        let judge = Some(config.judge.clone());
        Ok(Session { judge, memory, shown: config.shown(), ..Session::at(stage) })
    }

    /// A server that hears first what name it is asked for (`asked`), and is then told how to go
    /// on.
    pub fn listening() -> Session {
        Session::at(Stage::Listening(Box::default()))
    }

    fn at(stage: Stage) -> Session {
        Session {
            stage,
            judge: None,
            memory: Arc::default(),
            shown: None,
            offered: Vec::new(),
            out: Vec::new(),
            kept: Vec::new(),
            record: Record::default(),
            plain: Vec::new(),
            taken: 0,
            first: Vec::new(),
        }
    }

    fn going(&self) -> Option<&Connection> {
        match &self.stage {
            Stage::Going(connection) => Some(connection),
            _ => None,
        }
    }

    fn going_mut(&mut self) -> Option<&mut Connection> {
        match &mut self.stage {
            Stage::Going(connection) => Some(connection),
            _ => None,
        }
    }

    /// Takes what the other side has sent.
    pub fn feed(&mut self, data: &[u8]) -> Result<(), Fault> {
        if self.is_handshaking() && self.first.len() < 8 {
            self.first.extend(data.iter().take(8 - self.first.len()));
        }
        let mut input = Cursor::new(data);
        if let Stage::Listening(_) = self.stage {
            let listened = self.listen(&mut input);
            let mut heard = &data[..input.position() as usize];
            while !heard.is_empty() {
                heard = &heard[self.record.step(heard)..];
            }
            listened?;
        }
        if self.going().is_none() || self.is_over() {
            self.kept.extend_from_slice(&data[input.position() as usize..]);
            return Ok(());
        }
        let data = &data[input.position() as usize..];
        let mut at = 0;
        while at < data.len() {
            let Stage::Going(connection) = &mut self.stage else { break };
            let size = self.record.step(&data[at..]);
            let mut piece = &data[at..at + size];
            at += size;
            while !piece.is_empty() {
                match connection.read_tls(&mut piece) {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) => return Err(Fault::new("BAD_LENGTH", error.to_string())),
                }
                let state = match connection.process_new_packets() {
                    Ok(state) => state,
                    Err(error) => return Err(self.fault(&error)),
                };
                let waiting = state.plaintext_bytes_to_read();
                if waiting > 0 {
                    if self.taken > 0 {
                        self.plain.drain(..self.taken);
                        self.taken = 0;
                    }
                    let start = self.plain.len();
                    self.plain.resize(start + waiting, 0);
                    let got = connection.reader().read(&mut self.plain[start..]).unwrap_or(0);
                    self.plain.truncate(start + got);
                }
                if state.peer_has_closed() {
                    // What comes now is not encrypted.
                    self.kept.extend_from_slice(&data[at..]);
                    at = data.len();
                }
            }
        }
        self.note_offer();
        if !self.is_handshaking() {
            self.first = Vec::new();
        }
        Ok(())
    }

    /// What came behind the end of the encryption.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.kept)
    }

    /// Notes which ciphers a client has offered, if it has just done so.
    fn note_offer(&mut self) {
        let Some(shown) = &self.shown else { return };
        let offered = shown.offered.lock().map(|mut offered| std::mem::take(&mut *offered));
        let offered = offered.unwrap_or_default();
        if !offered.is_empty() {
            self.offered = offered;
            self.shown = None;
        }
    }

    /// The ciphers that a client has offered and that there are.
    pub fn offered(&self) -> Vec<(&'static str, &'static str, i64)> {
        self.offered.iter().copied().map(cipher_row).collect()
    }

    /// Reads up to the end of the client's first message.
    fn listen(&mut self, input: &mut Cursor<&[u8]>) -> Result<(), Fault> {
        while let Stage::Listening(acceptor) = &mut self.stage {
            match acceptor.read_tls(input) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Err(Fault::new("BAD_LENGTH", error.to_string())),
            }
            match acceptor.accept() {
                Ok(None) => {}
                Ok(Some(asked)) => self.stage = Stage::Asked(Box::new(asked)),
                Err((error, mut alert)) => {
                    // Writing to memory does not fail.
                    let _ = alert.write_all(&mut self.out);
                    let fault = self.fault(&error);
                    self.stage = Stage::Refused;
                    return Err(fault);
                }
            }
        }
        Ok(())
    }

    /// The name that a client asks for, if it waits to be told how the server goes on.
    pub fn asked(&self) -> Option<Option<String>> {
        match &self.stage {
            Stage::Asked(asked) => Some(asked.client_hello().server_name().map(str::to_owned)),
            _ => None,
        }
    }

    /// Answers the client that has asked.
    pub fn answer(&mut self, config: &Config) -> Result<(), Fault> {
        let Sided::Server(server, _) = &config.side else { return Ok(()) };
        let Stage::Asked(asked) = std::mem::replace(&mut self.stage, Stage::Refused) else {
            return Ok(());
        };
        self.judge = Some(config.judge.clone());
        self.shown = config.shown();
        match asked.into_connection(server.clone()) {
            Ok(made) => {
                let mut made = Connection::from(made);
                made.set_buffer_limit(None);
                self.stage = Stage::Going(Box::new(made));
            }
            Err((error, mut alert)) => {
                let _ = alert.write_all(&mut self.out);
                return Err(self.fault(&error));
            }
        }
        // The record that the message ends has ended.
        let kept = std::mem::take(&mut self.kept);
        self.feed(&kept)
    }

    /// Sends the client that has asked away.
    pub fn refuse(&mut self, alert: u8) {
        self.stage = Stage::Refused;
        self.out.extend([21, 3, 3, 0, 2, 2, alert]);
    }

    /// What can be taken up again in another connection.
    pub fn memory(&self) -> Arc<Memory> {
        self.memory.clone()
    }

    /// Was a session taken up?
    pub fn is_resumed(&self) -> bool {
        self.going().and_then(|c| c.handshake_kind()) == Some(HandshakeKind::Resumed)
    }

    /// What is to be sent to the other side.
    pub fn take(&mut self) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.out);
        if let Some(connection) = self.going_mut() {
            while connection.wants_write() {
                // Writing to memory does not fail.
                if connection.write_tls(&mut out).is_err() {
                    break;
                }
            }
        }
        out
    }

    /// Encrypts; what is given before the handshake is over waits for its end.
    pub fn write(&mut self, data: &[u8]) -> Result<usize, Fault> {
        let Some(connection) = self.going_mut() else { return Ok(0) };
        let written = connection.writer().write(data);
        written.map_err(|error| Fault::new("PROTOCOL_IS_SHUTDOWN", error.to_string()))
    }

    /// How much is decrypted and not read.
    pub fn pending(&self) -> usize {
        self.plain.len() - self.taken
    }

    pub fn read(&mut self, most: usize) -> Vec<u8> {
        if self.taken == 0 && self.plain.len() <= most {
            return std::mem::take(&mut self.plain);
        }
        let end = self.plain.len().min(self.taken.saturating_add(most));
        let part = self.plain[self.taken..end].to_vec();
        self.taken = end;
        if self.pending() == 0 {
            (self.plain, self.taken) = (Vec::new(), 0);
        }
        part
    }

    /// Says that nothing more will be sent.
    pub fn shut(&mut self) {
        if let Some(connection) = self.going_mut() {
            connection.send_close_notify();
        }
    }

    pub fn is_handshaking(&self) -> bool {
        self.going().is_none_or(|connection| connection.is_handshaking())
    }

    /// Has the other side said that it sends no more?
    pub fn is_over(&mut self) -> bool {
        self.going_mut()
            .is_some_and(|c| c.process_new_packets().is_ok_and(|state| state.peer_has_closed()))
    }

    pub fn version(&self) -> Option<&'static str> {
        self.going()?.protocol_version().map(version_name)
    }

    pub fn cipher(&self) -> Option<(&'static str, &'static str, i64)> {
        let (name, bits) = cipher_of(self.going()?.negotiated_cipher_suite()?);
        Some((name, self.version()?, bits))
    }

    pub fn protocol(&self) -> Option<&[u8]> {
        self.going()?.alpn_protocol()
    }

    pub fn peer(&self) -> Vec<&[u8]> {
        let chain = self.going().and_then(|c| c.peer_certificates()).unwrap_or_default();
        chain.iter().map(|each| each.as_ref()).collect()
    }

    /// The name that a client has asked for.
    pub fn server_name(&self) -> Option<&str> {
        match self.going()? {
            Connection::Server(server) => server.server_name(),
            Connection::Client(_) => None,
        }
    }

    fn fault(&self, error: &Error) -> Fault {
        let judge = self.judge.as_ref();
        let refused = judge.and_then(|judge| judge.refused.lock().ok()?.take());
        if let Some(Refusal { code, text }) = refused {
            return Fault {
                refused: Some(code),
                reason: "CERTIFICATE_VERIFY_FAILED".into(),
                text: format!("certificate verify failed: {text}"),
            };
        }
        match error {
            Error::AlertReceived(alert) => alert_fault(*alert),
            Error::NoCertificatesPresented => {
                Fault::new("PEER_DID_NOT_RETURN_A_CERTIFICATE", "peer did not return a certificate")
            }
            Error::InvalidMessage(InvalidMessage::InvalidContentType) if self.is_handshaking() => {
                let is_http = [&b"GET "[..], b"POST ", b"HEAD ", b"PUT "]
                    .iter()
                    .any(|verb| self.first.starts_with(verb));
                if is_http {
                    Fault::new("HTTP_REQUEST", "http request")
                } else {
                    Fault::new("WRONG_VERSION_NUMBER", "wrong version number")
                }
            }
            Error::PeerIncompatible(
                PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                | PeerIncompatible::Tls13RequiredForQuic
                | PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::SupportedVersionsExtensionRequired
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ) => Fault::new("UNSUPPORTED_PROTOCOL", "unsupported protocol"),
            Error::PeerIncompatible(
                PeerIncompatible::NoCipherSuitesInCommon
                | PeerIncompatible::NoKxGroupsInCommon
                | PeerIncompatible::NoSignatureSchemesInCommon,
            ) => Fault::new("NO_SHARED_CIPHER", "no shared cipher"),
            Error::NoApplicationProtocol => {
                Fault::new("NO_APPLICATION_PROTOCOL", "no application protocol")
            }
            Error::General(text) if text == "no server certificate chain resolved" => Fault::new(
                "NO_SHARED_CIPHER",
                "no shared cipher: the context has no certificate, load_cert_chain() gives it one",
            ),
            Error::DecryptError => Fault::new(
                "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
                "decryption failed or bad record mac",
            ),
            Error::InvalidMessage(_) => Fault::new("BAD_MESSAGE", error.to_string()),
            Error::PeerMisbehaved(_) => Fault::new("UNEXPECTED_MESSAGE", error.to_string()),
            Error::PeerIncompatible(_) => Fault::new("HANDSHAKE_FAILURE", error.to_string()),
            _ => Fault::new("INTERNAL_ERROR", error.to_string()),
        }
    }
}
