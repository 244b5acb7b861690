//! What was asked of the API server for the open view: an object whole, a container's log.

use jiff::Timestamp;

use super::request_id::Ticket;
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
pub struct Reading {
    pub object: AnyObjectRef,
    pub state: ReadingState,
}

#[derive(Debug)]
pub enum ReadingState {
    Asked(Ticket),
    Here {
        document: YamlDocument,
        at: Timestamp,
    },
    Failed(UserError),
}

/// A container's log, as it comes.
#[derive(Debug)]
pub struct Log {
    pub source: LogSource,
    pub ticket: Ticket,
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
