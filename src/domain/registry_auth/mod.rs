//! Registry authentication: image references, Docker configurations, the kubelet's keyring,
//! credentials and the known registries.
//!
//! Must not know Kubernetes objects: a Secret's content is read here, the Secret is in `k8s`.

pub mod advice;
pub mod auth_attempts;
pub mod credential;
pub mod credential_provider;

pub mod docker_config;
mod glob;
pub mod host_port;
pub mod image_ref;
pub mod keyring;
pub mod moved;
pub mod registries;
