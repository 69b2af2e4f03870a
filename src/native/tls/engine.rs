//! What connections have in common: keys, ciphers, who is believed.

use std::fs::File;
use std::sync::{Arc, Mutex};

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::{
    ClientHello, NoServerSessionStorage, ResolvesServerCert, VerifierBuilderError,
    WebPkiClientVerifier,
};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, Error, InconsistentKeys, NamedGroup, ProtocolVersion, RootCertStore,
    ServerConfig, SupportedCipherSuite, SupportedProtocolVersion,
};

use super::fault::Fault;
use super::memory::Log;
use super::verify::{Judge, Mode, Revocation};

/// What a context of the module `ssl` says.
pub struct Setup {
    pub server: bool,
    pub mode: Mode,
    pub names: bool,
    /// Certificates that are believed, and the system's, if they are.
    pub trusted: Vec<Vec<u8>>,
    pub system: Option<Arc<RootCertStore>>,
    /// Lists of what was revoked, and who is looked up there.
    pub revoked: Vec<Vec<u8>>,
    pub revocation: Revocation,
    /// Certificates with those that vouch for them, the kinds of their keys as files name them, and
    /// the keys. The first of each kind of key counts.
    pub shown: Vec<(Vec<Vec<u8>>, String, Vec<u8>)>,
    pub protocols: Vec<Vec<u8>>,
    pub tls12: bool,
    pub tls13: bool,
    /// Names of ciphers for TLS 1.2; all if there are none.
    pub ciphers: Vec<String>,
    /// The only curve for agreeing on keys, by its name; all if there is none.
    pub curve: Option<String>,
    /// How many tickets a server hands out, with which clients take sessions up again.
    pub tickets: usize,
    /// Where the keys of connections are written, for those who look at what is sent.
    pub key_log: Option<File>,
}

pub struct Config {
    pub side: Sided,
    pub judge: Arc<Judge>,
}

pub enum Sided {
    Client(Arc<ClientConfig>),
    Server(Arc<ServerConfig>, Arc<Shown>),
}

/// What a server shows to clients: the first certificate that they can make use of, or nothing.
#[derive(Debug)]
pub struct Shown {
    keys: Vec<Arc<CertifiedKey>>,
    known: Vec<SupportedCipherSuite>,
    /// The ciphers that the last client has offered, until somebody takes note of them.
    pub offered: Mutex<Vec<SupportedCipherSuite>>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let suites: Vec<SupportedCipherSuite> = self
            .known
            .iter()
            .copied()
            .filter(|suite| hello.cipher_suites().contains(&suite.suite()))
            .collect();
        // Ciphers of TLS 1.3, which clients may name though they do not speak it, go with all keys.
        let older: Vec<_> = suites.iter().filter(|suite| suite.tls13().is_none()).collect();
        let any = older.is_empty();
        let fits = |key: &&Arc<CertifiedKey>| {
            let algorithm = key.key.algorithm();
            key.key.choose_scheme(hello.signature_schemes()).is_some()
                && (any
                    || older.iter().any(|suite| suite.usable_for_signature_algorithm(algorithm)))
        };
        let found = self.keys.iter().find(fits).or(self.keys.first()).cloned();
        if let Ok(mut offered) = self.offered.lock() {
            *offered = suites;
        }
        found
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
            SectionKind::Crl => "X509 CRL",
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
        if let Some(curve) = &setup.curve {
            provider.kx_groups.retain(|group| curve_of(group.name()).contains(&curve.as_str()));
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
        let asks = setup.mode != Mode::None;
        let revocation = setup.revocation;
        let revoked: Vec<CertificateRevocationListDer<'static>> =
            setup.revoked.into_iter().map(CertificateRevocationListDer::from).collect();
        let lacks_lists = asks && revocation != Revocation::Ignored && revoked.is_empty();
        let looks_up = asks && revocation != Revocation::Ignored && !lacks_lists;
        let bad = |error: VerifierBuilderError| Fault::new("BAD_CA", error.to_string());
        let clients = match setup.server && asks && !roots.is_empty() {
            true => {
                let mut built =
                    WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
                if looks_up {
                    built = built.with_crls(revoked.clone());
                }
                if revocation == Revocation::OfEnds {
                    built = built.only_check_end_entity_revocation();
                }
                Some(built.build().map_err(bad)?)
            }
            false => None,
        };
        let servers = match !setup.server && looks_up && !roots.is_empty() {
            true => {
                let mut built =
                    WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone())
                        .with_crls(revoked);
                if revocation == Revocation::OfEnds {
                    built = built.only_check_end_entity_revocation();
                }
                Some(built.build().map_err(bad)?)
            }
            false => None,
        };
        let judge = Arc::new(Judge {
            mode: setup.mode,
            names: setup.names,
            roots,
            trusted,
            servers,
            lacks_lists,
            clients,
            algorithms,
            refused: Mutex::new(None),
        });
        let mut keys: Vec<Arc<CertifiedKey>> = Vec::new();
        for (chain, kind, key) in setup.shown {
            let key = match kind.as_str() {
                "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(key.into()),
                "EC PRIVATE KEY" => PrivateKeyDer::Sec1(key.into()),
                _ => PrivateKeyDer::Pkcs8(key.into()),
            };
            let key = provider.key_provider.load_private_key(key);
            let key = key.map_err(|error| Fault::new("BAD_KEY", error.to_string()))?;
            if keys.iter().any(|known| known.key.algorithm() == key.algorithm()) {
                continue;
            }
            let chain = chain.into_iter().map(CertificateDer::from).collect();
            let certified = CertifiedKey::new(chain, key);
            match certified.keys_match() {
                Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
                Err(Error::InconsistentKeys(_)) => {
                    return Err(Fault::new("KEY_VALUES_MISMATCH", "key values mismatch"));
                }
                Err(error) => return Err(Fault::new("BAD_CERTIFICATE", error.to_string())),
            }
            keys.push(Arc::new(certified));
        }
        let no_versions = |_| Fault::new("NO_PROTOCOLS_AVAILABLE", "no protocols available");
        let side = if setup.server {
            let known = provider.cipher_suites.clone();
            let config = ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&versions)
                .map_err(no_versions)?;
            let config = if setup.mode == Mode::None {
                config.with_no_client_auth()
            } else {
                config.with_client_cert_verifier(judge.clone())
            };
            let shown = Arc::new(Shown { keys, known, offered: Mutex::default() });
            let mut config = config.with_cert_resolver(shown.clone());
            config.alpn_protocols = setup.protocols;
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = setup.tickets;
            if setup.tickets > 0 {
                let tickets = ring::Ticketer::new();
                config.ticketer =
                    tickets.map_err(|error| Fault::new("INTERNAL_ERROR", error.to_string()))?;
            }
            if let Some(file) = setup.key_log {
                config.key_log = Arc::new(Log::new(file));
            }
            Sided::Server(Arc::new(config), shown)
        } else {
            let config = ClientConfig::builder_with_provider(provider)
                .with_protocol_versions(&versions)
                .map_err(no_versions)?
                .dangerous()
                .with_custom_certificate_verifier(judge.clone());
            let mut config = match keys.first().cloned() {
                Some(key) => {
                    config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key)))
                }
                None => config.with_no_client_auth(),
            };
            config.alpn_protocols = setup.protocols;
            if let Some(file) = setup.key_log {
                config.key_log = Arc::new(Log::new(file));
            }
            Sided::Client(Arc::new(config))
        };
        Ok(Config { side, judge })
    }

    pub fn shown(&self) -> Option<Arc<Shown>> {
        match &self.side {
            Sided::Server(_, shown) => Some(shown.clone()),
            Sided::Client(_) => None,
        }
    }
}

/// OpenSSL's name of a cipher, and the bits of its key.
pub fn cipher_of(suite: SupportedCipherSuite) -> (&'static str, i64) {
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

/// The names of a curve for agreeing on keys.
fn curve_of(group: NamedGroup) -> &'static [&'static str] {
    match group {
        NamedGroup::X25519 => &["X25519", "x25519"],
        NamedGroup::secp256r1 => &["prime256v1", "secp256r1", "P-256"],
        NamedGroup::secp384r1 => &["secp384r1", "P-384"],
        _ => &[],
    }
}

/// Is there a curve of this name?
pub fn is_curve(name: &str) -> bool {
    ring::ALL_KX_GROUPS.iter().any(|group| curve_of(group.name()).contains(&name))
}

/// The names of all ciphers, with the protocols that have them and the bits of their keys.
pub fn ciphers() -> Vec<(&'static str, &'static str, i64)> {
    ring::ALL_CIPHER_SUITES.iter().copied().map(cipher_row).collect()
}

pub fn cipher_row(suite: SupportedCipherSuite) -> (&'static str, &'static str, i64) {
    let (name, bits) = cipher_of(suite);
    (name, version_name(suite.version().version), bits)
}

pub fn version_name(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        _ => "unknown",
    }
}
