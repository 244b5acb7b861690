//! Data fetched for the open view: an object's YAML, a container's log.

use jiff::Timestamp;

use super::request_id::RequestId;
use crate::domain::{
    error::UserError,
    k8s::{
        document::YamlDocument,
        logs::{LogSource, LogTail},
        objects::AnyObjectRef,
    },
};

/// An object's YAML.
#[derive(Debug)]
pub struct FetchedObject {
    pub object: AnyObjectRef,
    pub state: FetchState,
}

#[derive(Debug)]
pub enum FetchState {
    Requested(RequestId),
    Loaded {
        document: YamlDocument,
        at: Timestamp,
    },
    Failed(UserError),
}

/// A container's log, as it arrives.
#[derive(Debug)]
pub struct LogView {
    pub source: LogSource,
    pub request_id: RequestId,
    pub tail: LogTail,
    pub state: LogState,
}

#[derive(Debug, PartialEq, Eq)]
pub enum LogState {
    /// Asked for; nothing has come yet.
    Opening,
    Open,
    /// The container has ended, or the log of the run before is all here.
    Ended,
    Failed(UserError),
}
