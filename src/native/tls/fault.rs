//! What went wrong, in the words that programs know.

use rustls::AlertDescription;

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

/// What the other side complains of.
pub fn alert_fault(alert: AlertDescription) -> Fault {
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
