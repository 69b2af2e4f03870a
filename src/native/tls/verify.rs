//! Who is believed: judges certificates as a context of the module `ssl` says.

use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor, verify_server_name,
};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

use crate::plain::x509::{Certificate, seconds};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    None,
    Optional,
    Required,
}

/// Whose being revoked is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    Ignored,
    OfEnds,
    OfAll,
}

#[derive(Debug)]
pub struct Judge {
    pub mode: Mode,
    /// Must the name of the server be that of its certificate?
    pub names: bool,
    pub roots: Arc<RootCertStore>,
    /// Certificates that are believed by themselves, whatever they say of their use.
    pub trusted: Vec<CertificateDer<'static>>,
    /// Judges those of servers where it is asked what was revoked.
    pub servers: Option<Arc<WebPkiServerVerifier>>,
    /// Is it asked, and nobody has said what was revoked?
    pub lacks_lists: bool,
    /// Judges the certificates of clients, if there are roots.
    pub clients: Option<Arc<dyn ClientCertVerifier>>,
    pub algorithms: WebPkiSupportedAlgorithms,
    /// Why the last certificate was refused: what the library's error has no room for.
    pub refused: Mutex<Option<Refusal>>,
}

/// OpenSSL's number for the reason, and its text.
#[derive(Debug)]
pub struct Refusal {
    pub code: i64,
    pub text: String,
}

impl Judge {
    fn refuse(&self, der: &[u8], name: Option<&ServerName<'_>>, error: Error) -> Error {
        let reason = reason(der, name, &error);
        // The other side is told the same.
        let error = if reason.code == 18 { CertificateError::UnknownIssuer.into() } else { error };
        if let Ok(mut refused) = self.refused.lock() {
            *refused = Some(reason);
        }
        error
    }

    /// A certificate that is among the trusted ones needs nobody who vouches for it.
    fn is_trusted(&self, der: &CertificateDer<'_>, now: UnixTime) -> Result<bool, Error> {
        if !self.trusted.iter().any(|each| each.as_ref() == der.as_ref()) {
            return Ok(false);
        }
        let Some(read) = Certificate::read(der) else {
            return Err(CertificateError::BadEncoding.into());
        };
        let now = now.as_secs() as i64;
        if now < seconds(&read.not_before) {
            return Err(CertificateError::NotValidYet.into());
        }
        if now > seconds(&read.not_after) {
            return Err(CertificateError::Expired.into());
        }
        Ok(true)
    }

    fn has_lists(&self) -> Result<(), Error> {
        match self.lacks_lists {
            true => Err(CertificateError::UnknownRevocationStatus.into()),
            false => Ok(()),
        }
    }

    fn judge_server(
        &self,
        der: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let certificate = ParsedCertificate::try_from(der)?;
        self.has_lists()?;
        if let Some(servers) = &self.servers {
            // It looks at the name last.
            match servers.verify_server_cert(der, intermediates, name, &[], now) {
                Err(Error::InvalidCertificate(
                    CertificateError::NotValidForName
                    | CertificateError::NotValidForNameContext { .. },
                )) => {}
                judged => {
                    judged?;
                }
            }
        } else if !self.is_trusted(der, now)? {
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                &self.roots,
                intermediates,
                now,
                self.algorithms.all,
            )?;
        }
        if self.names { verify_server_name(&certificate, name) } else { Ok(()) }
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.mode != Mode::None {
            self.judge_server(end_entity, intermediates, server_name, now)
                .map_err(|error| self.refuse(end_entity, Some(server_name), error))?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Judge {
    fn offer_client_auth(&self) -> bool {
        self.mode != Mode::None
    }

    fn client_auth_mandatory(&self) -> bool {
        self.mode == Mode::Required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.clients.as_ref().map_or(&[], |clients| clients.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let judged =
            self.has_lists().and_then(|()| self.is_trusted(end_entity, now)).and_then(|trusted| {
                match (trusted, &self.clients) {
                    (true, _) => Ok(ClientCertVerified::assertion()),
                    (_, Some(clients)) => {
                        clients.verify_client_cert(end_entity, intermediates, now)
                    }
                    _ => Err(CertificateError::UnknownIssuer.into()),
                }
            });
        judged.map_err(|error| self.refuse(end_entity, None, error))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Why a certificate is refused, in the words and numbers of OpenSSL, as programs expect them.
fn reason(der: &[u8], name: Option<&ServerName<'_>>, error: &Error) -> Refusal {
    let read = Certificate::read(der);
    let self_issued = read.as_ref().is_some_and(|read| read.self_issued);
    let refusal = |code, text: &str| Refusal { code, text: text.into() };
    let Error::InvalidCertificate(error) = error else {
        return refusal(1, &error.to_string());
    };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            refusal(10, "certificate has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            refusal(9, "certificate is not yet valid")
        }
        CertificateError::UnknownRevocationStatus => refusal(3, "unable to get certificate CRL"),
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => refusal(12, "CRL has expired"),
        CertificateError::Revoked => refusal(23, "certificate revoked"),
        CertificateError::BadSignature => refusal(7, "certificate signature failure"),
        CertificateError::UnhandledCriticalExtension => refusal(34, "unhandled critical extension"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            refusal(26, "unsuitable certificate purpose")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let (code, what, name) = match name {
                Some(ServerName::IpAddress(ip)) => {
                    (64, "IP address", std::net::IpAddr::from(*ip).to_string())
                }
                Some(name) => (62, "Hostname", name.to_str().into_owned()),
                None => (62, "Hostname", String::new()),
            };
            let mut text = format!("{what} mismatch, certificate is not valid for '{name}'.");
            let common = read.as_ref().filter(|read| read.names.is_empty());
            if let Some(common) = common.and_then(Certificate::common_name) {
                text.pop();
                text += &format!(
                    ": it has only a common name ('{common}'), which is not looked at; a \
                     certificate must list its names as subjectAltName"
                );
            }
            Refusal { code, text }
        }
        // Told so of a certificate that vouches for itself, too.
        _ if self_issued => refusal(18, "self-signed certificate"),
        CertificateError::UnknownIssuer => refusal(20, "unable to get local issuer certificate"),
        error => Refusal { code: 1, text: error.to_string() },
    }
}
