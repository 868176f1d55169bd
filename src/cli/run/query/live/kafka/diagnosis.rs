//! Why a broker does not take somebody in, where that won't change by asking again: it is asked once more, byte by byte.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection, StreamOwned};

use super::security::{Mechanism, Security, tls};

/// The most time that an answer takes.
const ANSWER: Duration = Duration::from_secs(3);
/// The requests ApiVersions 0 and SaslHandshake 1, the second for a mechanism that there is none of, before their length. Both of client `null`,
/// with a number that their answers repeat: https://kafka.apache.org/protocol
const VERSIONS: &[u8] = b"\0\0\0\x0A\0\x12\0\0dpl!\xFF\xFF";
const HANDSHAKE: &[u8] = b"\0\0\0\x0D\0\x11\0\x01dpl!\xFF\xFF\0\x01?";
/// The most bytes of an answer to them that are looked at.
const LONGEST: u64 = 1 << 16;

/// What a server does when it is spoken to over TLS.
enum Secure {
    /// It does, too.
    Spoken(Box<StreamOwned<ClientConnection, TcpStream>>),
    /// It does, but nobody vouches for it.
    Untrusted(CertificateError),
    /// It does not, or can't be reached.
    Silent,
}

/// What will be wrong with a server tomorrow, too, after it was asked in vain and something was said.
pub(super) fn lasting(server: &str, security: &Security, said: &str) -> Option<String> {
    // The client's errors have their causes as text alone.
    if said.contains("SaslAuthenticationFailed") || said.contains("Sasl session error") {
        return Some(format!("`{server}` refuses {}", security.asker()));
    }
    if said.contains("UnsupportedSaslMechanism") || said.contains("unsupported sasl mechanism") {
        let asked = security.mechanism.map(Mechanism::name).unwrap_or_default();
        return Some(format!("`{server}` does not take {asked}; {}", security.other_mechanism()));
    }
    match &security.tls {
        Some(tls) => of_secure(server, tls, security),
        None => of_plain(server, security),
    }
}

fn of_secure(server: &str, tls: &Arc<ClientConfig>, security: &Security) -> Option<String> {
    match handshake(server, tls) {
        Secure::Spoken(mut stream) => of_nobody(server, &mut stream, security),
        Secure::Untrusted(error) => Some(format!(
            "the certificate of `{server}` is not trusted: {error}; `SSL_CERT_FILE` names the file with whom to trust"
        )),
        Secure::Silent => {
            let answer = asked(&mut reached(server).ok()?, VERSIONS).ok()?;
            is_kafka(&answer).then(|| format!("`{server}` speaks no TLS; {}", security.other(false)))
        }
    }
}

fn of_plain(server: &str, security: &Security) -> Option<String> {
    let mut stream = reached(server).ok()?;
    if asked(&mut stream, VERSIONS).is_ok_and(|answer| is_kafka(&answer)) {
        return of_nobody(server, &mut stream, security);
    }
    let tls = tls().ok()?;
    let speaks = !matches!(handshake(server, &tls), Secure::Silent);
    speaks.then(|| format!("`{server}` speaks TLS alone; {}", security.other(true)))
}

/// Whether who says nothing is asked who it is: such a server answers with the mechanisms that it takes.
fn of_nobody(server: &str, stream: &mut (impl Read + Write), security: &Security) -> Option<String> {
    if security.mechanism.is_some() {
        return None;
    }
    let answer = asked(stream, HANDSHAKE).ok().filter(|answer| is_kafka(answer))?;
    let answer = String::from_utf8_lossy(&answer);
    let taken = |mechanism: &&Mechanism| answer.contains(mechanism.wire());
    let taken: Vec<_> = Mechanism::ALL.iter().filter(taken).map(|mechanism| mechanism.name()).collect();
    (!taken.is_empty()).then(|| {
        let names = taken.join(", ");
        format!("`{server}` asks who is there ({names}); {}", security.other_mechanism())
    })
}

fn handshake(server: &str, tls: &Arc<ClientConfig>) -> Secure {
    let name = server.rsplit_once(':').and_then(|(host, _)| ServerName::try_from(host.to_owned()).ok());
    let connection = name.and_then(|name| ClientConnection::new(Arc::clone(tls), name).ok());
    let (Some(mut connection), Ok(mut stream)) = (connection, reached(server)) else { return Secure::Silent };
    match connection.complete_io(&mut stream) {
        Ok(_) => Secure::Spoken(Box::new(StreamOwned::new(connection, stream))),
        Err(error) => match error.get_ref().and_then(|error| error.downcast_ref()) {
            Some(rustls::Error::InvalidCertificate(error)) => Secure::Untrusted(error.clone()),
            _ => Secure::Silent,
        },
    }
}

fn reached(server: &str) -> io::Result<TcpStream> {
    let mut failed = io::Error::other("it has no address");
    for address in server.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, ANSWER) {
            Ok(stream) => {
                stream.set_read_timeout(Some(ANSWER))?;
                stream.set_write_timeout(Some(ANSWER))?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// An answer, behind its length.
fn asked(stream: &mut (impl Read + Write), request: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(request)?;
    stream.flush()?;
    let (mut length, mut answer) = ([0; 4], Vec::new());
    stream.read_exact(&mut length)?;
    stream.take(u64::from(u32::from_be_bytes(length)).min(LONGEST)).read_to_end(&mut answer)?;
    Ok(answer)
}

/// Whether an answer repeats the number of its request.
fn is_kafka(answer: &[u8]) -> bool {
    answer.starts_with(b"dpl!")
}
