//! The Kubernetes API as a function from a request to a response.
//!
//! It speaks HTTP's types and no HTTP: a `kube::Client` in the same process talks to it through
//! `Service`, `serve` puts it on a port. It decides who may do what and how an answer is dressed;
//! what a write means is the business of `write`.

mod access;
mod body;
mod delete;
mod discovery;
mod events;
mod list;
mod log;
mod negotiate;
mod node_proxy;
mod patch;
mod protobuf;
mod query;
mod read;
mod request;
mod review;
mod route;
mod selectors;
mod service;
mod subresources;
mod watch;
mod write;
mod write_options;

pub use access::User;
pub use body::Body;
pub use patch::merge_patch;
pub use service::Service;
