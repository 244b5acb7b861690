//! How long ago, as people read it (`duration.HumanDuration`).

use jiff::Timestamp;

use crate::domain::k8s::age::human_duration;

/// Age of what began at this moment, or `<unknown>`.
pub fn since(moment: Option<Timestamp>, now: Timestamp) -> String {
    moment.map_or_else(
        || "<unknown>".to_owned(),
        |moment| human_duration(now.duration_since(moment).as_secs()),
    )
}
