//! Sessions of TLS without any input or output of their own: bytes go in, bytes come out.

use std::io::{Cursor, Read, Write};
use std::sync::{Arc, Mutex};

use rustls::client::ClientConnection;
use rustls::crypto::ring;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, IpAddr, Ipv4Addr, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, ServerConnection, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    AlertDescription, ClientConfig, Connection, Error, InconsistentKeys, InvalidMessage,
    PeerIncompatible, ProtocolVersion, RootCertStore, ServerConfig, SupportedCipherSuite,
    SupportedProtocolVersion,
};

use super::verify::{Judge, Mode, Refusal};

/// What a context of the module `ssl` says.
pub struct Setup {
    pub server: bool,
    pub mode: Mode,
    pub names: bool,
    /// Certificates that are believed, and the system's, if they are.
    pub trusted: Vec<Vec<u8>>,
    pub system: Option<Arc<RootCertStore>>,
    pub chain: Vec<Vec<u8>>,
    /// The kind of the key as files name it, and the key.
    pub key: Option<(String, Vec<u8>)>,
    pub protocols: Vec<Vec<u8>>,
    pub tls12: bool,
    pub tls13: bool,
    /// Names of ciphers for TLS 1.2; all if there are none.
    pub ciphers: Vec<String>,
}

pub struct Config {
    side: Sided,
    judge: Arc<Judge>,
}

enum Sided {
    Client(Arc<ClientConfig>),
    Server(Arc<ServerConfig>),
}

/// What went wrong, in the words of OpenSSL.
#[derive(Debug)]
pub struct Fault {
    /// The number of the reason why a certificate is refused.
    pub refused: Option<i64>,
    pub reason: String,
    pub text: String,
}

impl Fault {
    pub fn new(reason: &str, text: impl Into<String>) -> Fault {
        Fault { refused: None, reason: reason.into(), text: text.into() }
    }
}

/// The sections of a file in PEM format: what they are called, and what they hold.
pub fn sections(text: &[u8]) -> Option<Vec<(&'static str, Vec<u8>)>> {
    let mut found = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        let (kind, data) = section.ok()?;
        let kind = match kind {
            SectionKind::Certificate => "CERTIFICATE",
            SectionKind::PrivateKey => "PRIVATE KEY",
            SectionKind::RsaPrivateKey => "RSA PRIVATE KEY",
            SectionKind::EcPrivateKey => "EC PRIVATE KEY",
            _ => "",
        };
        found.push((kind, data));
    }
    Some(found)
}

/// The certificates of files of the system; those that cannot be read are left out.
pub fn roots(texts: &[Vec<u8>]) -> RootCertStore {
    let mut store = RootCertStore::empty();
    for text in texts {
        let found = CertificateDer::pem_slice_iter(text);
        store.add_parsable_certificates(found.filter_map(Result::ok));
    }
    store
}

impl Config {
    pub fn new(setup: Setup) -> Result<Config, Fault> {
        let mut provider = ring::default_provider();
        if !setup.ciphers.is_empty() {
            provider.cipher_suites.retain(|suite| {
                matches!(suite, SupportedCipherSuite::Tls13(_))
                    || setup.ciphers.iter().any(|name| *name == cipher_of(*suite).0)
            });
        }
        let algorithms = provider.signature_verification_algorithms;
        let provider = Arc::new(provider);
        let mut versions: Vec<&SupportedProtocolVersion> = Vec::new();
        if setup.tls13 {
            versions.push(&rustls::version::TLS13);
        }
        if setup.tls12 {
            versions.push(&rustls::version::TLS12);
        }
        let trusted: Vec<CertificateDer<'static>> =
            setup.trusted.into_iter().map(CertificateDer::from).collect();
        let roots = match (trusted.is_empty(), setup.system) {
            (true, Some(system)) => system,
            (_, system) => {
                let mut store =
                    system.map_or_else(RootCertStore::empty, |system| (*system).clone());
                store.add_parsable_certificates(trusted.iter().cloned());
                Arc::new(store)
            }
        };
        let clients = match setup.server && setup.mode != Mode::None && !roots.is_empty() {
            true => {
                let built =
                    WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
                Some(built.build().map_err(|error| Fault::new("BAD_CA", error.to_string()))?)
            }
            false => None,
        };
        let judge = Arc::new(Judge {
            mode: setup.mode,
            names: setup.names,
            roots,
            trusted,
            clients,
            algorithms,
            refused: Mutex::new(None),
        });
        let key = match setup.key {
            Some((kind, key)) => {
                let key = match kind.as_str() {
                    "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(key.into()),
                    "EC PRIVATE KEY" => PrivateKeyDer::Sec1(key.into()),
                    _ => PrivateKeyDer::Pkcs8(key.into()),
                };
                let key = provider.key_provider.load_private_key(key);
                let key = key.map_err(|error| Fault::new("BAD_KEY", error.to_string()))?;
                let chain = setup.chain.into_iter().map(CertificateDer::from).collect();
                let certified = CertifiedKey::new(chain, key);
                match certified.keys_match() {
                    Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
                    Err(Error::InconsistentKeys(_)) => {
                        return Err(Fault::new("KEY_VALUES_MISMATCH", "key values mismatch"));
                    }
                    Err(error) => return Err(Fault::new("BAD_CERTIFICATE", error.to_string())),
                }
                Some(Arc::new(SingleCertAndKey::from(certified)))
            }
            None => None,
        };
        let no_versions = |_| Fault::new("NO_PROTOCOLS_AVAILABLE", "no protocols available");
        let side = if setup.server {
            let config = ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&versions)
                .map_err(no_versions)?;
            let Some(key) = key else {
                return Err(Fault::new(
                    "NO_CERTIFICATE_ASSIGNED",
                    "no certificate assigned: give the context one by load_cert_chain()",
                ));
            };
            let config = if setup.mode == Mode::None {
                config.with_no_client_auth()
            } else {
                config.with_client_cert_verifier(judge.clone())
            };
            let mut config = config.with_cert_resolver(key);
            config.alpn_protocols = setup.protocols;
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
            Sided::Server(Arc::new(config))
        } else {
            let config = ClientConfig::builder_with_provider(provider)
                .with_protocol_versions(&versions)
                .map_err(no_versions)?
                .dangerous()
                .with_custom_certificate_verifier(judge.clone());
            let mut config = match key {
                Some(key) => config.with_client_cert_resolver(key),
                None => config.with_no_client_auth(),
            };
            config.alpn_protocols = setup.protocols;
            config.resumption = rustls::client::Resumption::disabled();
            Sided::Client(Arc::new(config))
        };
        Ok(Config { side, judge })
    }
}

/// OpenSSL's name of a cipher, and the bits of its key.
fn cipher_of(suite: SupportedCipherSuite) -> (&'static str, i64) {
    use rustls::CipherSuite as C;
    match suite.suite() {
        C::TLS13_AES_256_GCM_SHA384 => ("TLS_AES_256_GCM_SHA384", 256),
        C::TLS13_AES_128_GCM_SHA256 => ("TLS_AES_128_GCM_SHA256", 128),
        C::TLS13_CHACHA20_POLY1305_SHA256 => ("TLS_CHACHA20_POLY1305_SHA256", 256),
        C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => ("ECDHE-ECDSA-AES256-GCM-SHA384", 256),
        C::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => ("ECDHE-ECDSA-AES128-GCM-SHA256", 128),
        C::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => ("ECDHE-ECDSA-CHACHA20-POLY1305", 256),
        C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => ("ECDHE-RSA-AES256-GCM-SHA384", 256),
        C::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => ("ECDHE-RSA-AES128-GCM-SHA256", 128),
        C::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => ("ECDHE-RSA-CHACHA20-POLY1305", 256),
        _ => ("unknown", 0),
    }
}

/// The names of all ciphers, with the protocols that have them and the bits of their keys.
pub fn ciphers() -> Vec<(&'static str, &'static str, i64)> {
    let row = |suite: SupportedCipherSuite| {
        let (name, bits) = cipher_of(suite);
        (name, version_name(suite.version().version), bits)
    };
    ring::ALL_CIPHER_SUITES.iter().copied().map(row).collect()
}

fn version_name(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        _ => "unknown",
    }
}

pub struct Session {
    connection: Connection,
    judge: Arc<Judge>,
    /// What was decrypted, and how much of it was taken.
    plain: Vec<u8>,
    taken: usize,
    /// The first bytes that came, until the handshake is over: what somebody sends who means
    /// another protocol.
    first: Vec<u8>,
}

impl Session {
    /// Without a name the server is not told one.
    pub fn new(config: &Config, name: Option<&str>) -> Result<Session, Fault> {
        let invalid = |error: Error| Fault::new("INTERNAL_ERROR", error.to_string());
        let mut connection = match &config.side {
            Sided::Client(config) => {
                let name = match name {
                    Some(name) => ServerName::try_from(name.to_owned()).map_err(|_| {
                        Fault::new("BAD_NAME", format!("{name:?} is not a valid host name"))
                    })?,
                    // Servers are never told addresses.
                    None => ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4]))),
                };
                let made = ClientConnection::new(config.clone(), name).map_err(invalid)?;
                Connection::from(made)
            }
            Sided::Server(config) => {
                Connection::from(ServerConnection::new(config.clone()).map_err(invalid)?)
            }
        };
        // How much may wait is for those to say who write.
        connection.set_buffer_limit(None);
        let judge = config.judge.clone();
        Ok(Session { connection, judge, plain: Vec::new(), taken: 0, first: Vec::new() })
    }

    /// Takes what the other side has sent.
    pub fn feed(&mut self, data: &[u8]) -> Result<(), Fault> {
        if self.connection.is_handshaking() && self.first.len() < 8 {
            self.first.extend(data.iter().take(8 - self.first.len()));
        }
        let mut input = Cursor::new(data);
        while (input.position() as usize) < data.len() {
            match self.connection.read_tls(&mut input) {
                // Nothing counts behind the end.
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Err(Fault::new("BAD_LENGTH", error.to_string())),
            }
            let state = match self.connection.process_new_packets() {
                Ok(state) => state,
                Err(error) => return Err(self.fault(&error)),
            };
            let waiting = state.plaintext_bytes_to_read();
            if waiting > 0 {
                self.forget_taken();
                let start = self.plain.len();
                self.plain.resize(start + waiting, 0);
                let got = self.connection.reader().read(&mut self.plain[start..]).unwrap_or(0);
                self.plain.truncate(start + got);
            }
        }
        if !self.connection.is_handshaking() {
            self.first = Vec::new();
        }
        Ok(())
    }

    fn forget_taken(&mut self) {
        if self.taken > 0 {
            self.plain.drain(..self.taken);
            self.taken = 0;
        }
    }

    /// What is to be sent to the other side.
    pub fn take(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while self.connection.wants_write() {
            // Writing to memory does not fail.
            if self.connection.write_tls(&mut out).is_err() {
                break;
            }
        }
        out
    }

    /// Encrypts; what is given before the handshake is over waits for its end.
    pub fn write(&mut self, data: &[u8]) -> Result<usize, Fault> {
        let written = self.connection.writer().write(data);
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
        self.connection.send_close_notify();
    }

    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Has the other side said that it sends no more?
    pub fn is_over(&mut self) -> bool {
        self.connection.process_new_packets().is_ok_and(|state| state.peer_has_closed())
    }

    pub fn version(&self) -> Option<&'static str> {
        self.connection.protocol_version().map(version_name)
    }

    pub fn cipher(&self) -> Option<(&'static str, &'static str, i64)> {
        let (name, bits) = cipher_of(self.connection.negotiated_cipher_suite()?);
        Some((name, self.version()?, bits))
    }

    pub fn protocol(&self) -> Option<&[u8]> {
        self.connection.alpn_protocol()
    }

    pub fn peer(&self) -> Vec<&[u8]> {
        let chain = self.connection.peer_certificates().unwrap_or_default();
        chain.iter().map(|each| each.as_ref()).collect()
    }

    /// The name that a client has asked for.
    pub fn server_name(&self) -> Option<&str> {
        match &self.connection {
            Connection::Server(server) => server.server_name(),
            Connection::Client(_) => None,
        }
    }

    fn fault(&self, error: &Error) -> Fault {
        let refused = self.judge.refused.lock().ok().and_then(|mut refused| refused.take());
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

/// What the other side complains of.
fn alert_fault(alert: AlertDescription) -> Fault {
    use AlertDescription as A;
    let (reason, text) = match alert {
        A::UnexpectedMessage => {
            ("SSLV3_ALERT_UNEXPECTED_MESSAGE", "sslv3 alert unexpected message")
        }
        A::BadRecordMac => ("SSLV3_ALERT_BAD_RECORD_MAC", "sslv3 alert bad record mac"),
        A::HandshakeFailure => ("SSLV3_ALERT_HANDSHAKE_FAILURE", "sslv3 alert handshake failure"),
        A::BadCertificate => ("SSLV3_ALERT_BAD_CERTIFICATE", "sslv3 alert bad certificate"),
        A::UnsupportedCertificate => {
            ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "sslv3 alert unsupported certificate")
        }
        A::CertificateRevoked => {
            ("SSLV3_ALERT_CERTIFICATE_REVOKED", "sslv3 alert certificate revoked")
        }
        A::CertificateExpired => {
            ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "sslv3 alert certificate expired")
        }
        A::CertificateUnknown => {
            ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "sslv3 alert certificate unknown")
        }
        A::IllegalParameter => ("SSLV3_ALERT_ILLEGAL_PARAMETER", "sslv3 alert illegal parameter"),
        A::UnknownCA => ("TLSV1_ALERT_UNKNOWN_CA", "tlsv1 alert unknown ca"),
        A::AccessDenied => ("TLSV1_ALERT_ACCESS_DENIED", "tlsv1 alert access denied"),
        A::DecodeError => ("TLSV1_ALERT_DECODE_ERROR", "tlsv1 alert decode error"),
        A::DecryptError => ("TLSV1_ALERT_DECRYPT_ERROR", "tlsv1 alert decrypt error"),
        A::ProtocolVersion => ("TLSV1_ALERT_PROTOCOL_VERSION", "tlsv1 alert protocol version"),
        A::InsufficientSecurity => {
            ("TLSV1_ALERT_INSUFFICIENT_SECURITY", "tlsv1 alert insufficient security")
        }
        A::InternalError => ("TLSV1_ALERT_INTERNAL_ERROR", "tlsv1 alert internal error"),
        A::UserCanceled => ("TLSV1_ALERT_USER_CANCELLED", "tlsv1 alert user cancelled"),
        A::UnrecognisedName => ("TLSV1_UNRECOGNIZED_NAME", "tlsv1 unrecognized name"),
        A::CertificateRequired => {
            ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "tlsv13 alert certificate required")
        }
        A::NoApplicationProtocol => {
            ("TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "tlsv1 alert no application protocol")
        }
        other => return Fault::new("ALERT", format!("alert {other:?}")),
    };
    Fault::new(reason, text)
}
