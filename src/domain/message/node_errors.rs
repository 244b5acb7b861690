//! Phrases of errors on the node: its files, its limits, its clock.
//!
//! Only lists. `CONFIG` and `FILE` stand for a local file, as `mask` writes it.

/// Go's `fs.PathError` (`open PATH: permission denied`): `mask` writes what kind of file it is.
#[rustfmt::skip]
pub(super) const CONFIG_FILE: &[&str] = &[
    "CONFIG permission denied", "CONFIG operation not permitted", "CONFIG no such file", "CONFIG is a directory",
    "CONFIG not a directory",
];

/// containerd core/remotes/docker/config, internal/cri; containers/image sysregistriesv2.
#[rustfmt::skip]
pub(super) const CONFIG_BROKEN: &[&str] = &[
    "decode hosts.toml", "parse hosts.toml", "load hosts.toml", "loading registries configuration", "snapshotter NAME was not found", "snapshotter NAME not found",
    "snapshotter NAME not loaded", "snapshotter not loaded", "invalid registry config",
];

#[rustfmt::skip]
pub(super) const FILE_DENIED: &[&str] = &["FILE permission denied", "FILE operation not permitted", "FILE is a directory"];

#[rustfmt::skip]
pub(super) const NO_RESOURCES: &[&str] = &[
    "too many open files", "cannot allocate memory", "resource temporarily unavailable", "signal killed",
    "out of memory",
];

/// containers/ocicrypt, containerd's stream processors.
#[rustfmt::skip]
pub(super) const ENCRYPTED: &[&str] = &[
    "needed for decryption", "decrypting layer", "decrypt layer", "getting key unwrapped", "unwrap layer key",
    "decrypting image",
];

#[rustfmt::skip]
pub(super) const FILE_SYSTEM: &[&str] = &["setxattr", "xattrs not supported", "lsetxattr"];

#[rustfmt::skip]
pub(super) const ID_MAPPING: &[&str] = &["id mapping", "subuid", "subgid", "potentially insufficient UIDs"];

/// S3, distribution's token checks, JWT libraries.
#[rustfmt::skip]
pub(super) const CLOCK: &[&str] = &[
    "RequestTimeTooSkewed", "clock skew", "used before issued", "token is not valid yet", "token not valid before",
    "token is not yet valid", "token not yet valid", "request time and the current time",
];
