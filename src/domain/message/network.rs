//! Phrases of the network: DNS, proxies, TCP and TLS.
//!
//! Only a table, a part of that of `phrases`.

use super::phrases::Phrase;

#[rustfmt::skip]
pub(super) const TABLE: &[(Phrase, &[&str])] = &[
    // Go: net, net/http, crypto/tls, crypto/x509; glibc and musl by way of cgo.
    (Phrase::Lookup, &["tcp lookup", "udp lookup", "dial lookup", "lookup on", "lookup dial", "tcp4 lookup"]),
    (Phrase::NoSuchHost, &[
        "no such host", "server misbehaving", "host not found", "unknown host", "NXDOMAIN", "no answer from DNS",
        "cannot unmarshal DNS",
    ]),
    (Phrase::NameResolution, &[
        "name resolution", "name or service not known", "could not resolve host", "no address associated",
        "couldn't resolve host", "name does not resolve", "resolve hostname", "nodename nor servname", "no DNS",
        "DNS lookup", "DNS resolution", "resolving host",
    ]),
    (Phrase::Udp, &["read udp", "dial udp", "write udp"]),
    (Phrase::LookupScheme, &["lookup http", "lookup https", "lookup URL"]),
    (Phrase::ProxyConnect, &[
        "authenticationrequired", "Proxy Authorization Required", "tunnel connection failed", "proxyconnect", "Proxy Authentication Required", "socks connect", "proxy error", "invalid proxy",
        "proxy refused", "unknown scheme", "Network Authentication Required", "proxy CONNECT", "parse proxy", "proxy URL", "from proxy after CONNECT",
        "unsupported proxy",
    ]),
    (Phrase::Refused, &["connection refused", "no connection could be made", "actively refused", "connect refused", "ECONNREFUSED"]),
    (Phrase::NoRoute, &[
        "no route to host", "network is unreachable", "host is unreachable", "network unreachable",
        "host unreachable", "unreachable network", "unreachable host", "host is down", "network is down",
        "EHOSTUNREACH", "ENETUNREACH", "can't assign requested address", "cannot assign requested address",
        "address family not supported", "no suitable address",
    ]),
    // EPERM and EACCES of `connect` and `sendto`: a firewall, an eBPF program, SELinux or a route of the type `prohibit`.
    (Phrase::LocalFilter, &[
        "connect operation not permitted", "connect permission denied", "write operation not permitted",
        "sendto operation not permitted",
    ]),
    (Phrase::Timeout, &[
        "i/o timeout", "Client.Timeout", "awaiting headers", "timeout awaiting", "did not properly respond",
        "connection timeout", "connect timeout", "dial timeout", "ETIMEDOUT", "read timeout", "timeout exceeded",
        "timed out", "semaphore timeout", "http2: timeout",
    ]),
    (Phrase::HandshakeTimeout, &["handshake timeout", "handshake timed out"]),
    (Phrase::WaitingForConnection, &["waiting for connection"]),
    (Phrase::Reset, &[
        "connection reset", "forcibly closed", "broken pipe", "closed idle connection", "GOAWAY", "stream error",
        "closed network connection", "reset by peer", "ECONNRESET", "transport connection broken",
        "connection lost", "connection aborted", "connection closed", "server closed", "from byte range request",
        "software caused connection abort", "stream ID", "http2: server sent", "connection was reset",
    ]),
    (Phrase::Eof, &["EOF"]),
    (Phrase::UnexpectedEof, &["unexpected EOF", "expected number of bytes", "unexpected end of file"]),
    (Phrase::UnixSocket, &[
        "dial unix", "containerd.sock", "crio.sock", "docker.sock", "dockershim.sock", "cri-dockerd.sock", "npipe",
        "dial pipe", "frakti.sock",
    ]),
    (Phrase::Daemon, &[
        "connect to the Docker daemon", "docker daemon running", "container runtime is down",
        "runtime is not running", "PLEG is not healthy", "container runtime network", "daemon is not running",
        "connect to the runtime", "connect to containerd", "runtime not ready", "containerd is not running",
    ]),
    (Phrase::RuntimeApi, &[
        "validate service connection", "validate CRI", "CRI v1", "runtime.v1alpha2", "unknown service",
        "unknown method", "transport is closing", "SubConns are in TransientFailure", "while dialing dial unix",
        "connection error desc transport", "server preface",
    ]),
    (Phrase::DialTcp, &["dial tcp", "dial tcp4", "dial tcp6"]),
    (Phrase::GoNetwork, &[
        "dial tcp", "dial udp", "read tcp", "write tcp", "read udp", "dial unix", "net/http", "i/o timeout", "tcp lookup",
        "lookup HOST", "proxyconnect", "connectex", "name resolution",
    ]),
    // crypto/tls prints an alert of the other side as `remote error: tls: …` (RFC 8446 §6.2).
    (Phrase::ClientCertificate, &[
        "remote error tls bad certificate", "remote error tls unsupported certificate",
        "remote error tls revoked certificate", "remote error tls expired certificate",
        "remote error tls unknown certificate", "remote error tls access denied",
        "tls certificate required", "alert certificate required", "client certificate required",
        // nginx, with status 400.
        "no required SSL certificate was sent", "the SSL certificate error",
    ]),
    (Phrase::ServerName, &["remote error tls unrecognized name"]),
    (Phrase::CertificateUnusable, &[
        "incompatible key usage", "certificate specifies an incompatible", "certificate is not standards compliant",
        "unhandled critical extension", "negative serial number", "small RSA", "failed to parse certificate",
        "not authorized to sign for this name", "not permitted by any constraint", "excluded by constraint",
        "too many intermediates", "issuer name does not match subject", "insecure algorithm",
    ]),
    (Phrase::UnknownAuthority, &[
        "unknown authority", "local issuer certificate", "certificate is not trusted", "certificate verify failed",
        "unable to verify the first certificate", "unknown issuer", "unknown CA", "unknown certificate authority",
        "self_signed", "certificate chain", "parent certificate", "not a CA",
    ]),
    (Phrase::CertificateName, &[
        "any IP SANs", "cannot validate certificate", "legacy Common Name", "valid for any names",
        "certificate is not valid", "no IP SANs", "subject alternative name", "hostname mismatch",
        "does not match target host", "doesn't match hostname", "certificate is valid for", "hostname verification",
        "certificate name mismatch", "not issued for", "any names but wanted",
    ]),
    (Phrase::CertificateValidFor, &["certificate is valid for"]),
    (Phrase::CertificateTime, &[
        "certificate has expired", "not yet valid", "certificate is expired", "certificate expired",
        "expired certificate",
    ]),
    (Phrase::Handshake, &[
        "handshake failure", "protocol version not supported", "remote error tls", "tls internal error",
        "unsupported protocol version", "no application protocol", "bad certificate", "certificate required",
        "tls alert", "unsupported versions", "no cipher suite", "cipher suites", "unrecognized name",
        "tls unexpected message", "bad record MAC", "illegal parameter", "decode error",
        "server selected unsupported", "handshake failed", "inappropriate fallback", "unsupported certificate",
        "insufficient security", "local error tls", "tls: access denied", "invalid signature by the server",
    ]),
    (Phrase::PlainHttp, &[
        "HTTP response to HTTPS client", "oversized record", "wrong version number", "malformed HTTP status code", "malformed HTTP version", "http: server gave HTTP",
    ]),
    (Phrase::HttpsServer, &[
        "HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port", "HTTP request to HTTPS",
    ]),
    (Phrase::MalformedResponse, &["malformed HTTP response"]),
    (Phrase::FirstRecord, &["first record does not look like a TLS handshake"]),
    (Phrase::X509, &["x509", "failed to verify certificate", "tls: failed to verify"]),
];
