//! Formats ages and durations as kubectl does: `50s`, `9m`, `3h12m`, `4d6h`, `2y`.
//!
//! The steps are those of kubectl (`k8s.io/apimachinery/pkg/util/duration.HumanDuration`), except
//! that minutes below ten carry no seconds: a screen that stands still must not have to be redrawn
//! every second for them.

use jiff::{SignedDuration, Timestamp};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// Whole seconds from `since` to `now`; a clock that runs behind the server's gives 0.
pub fn seconds_between(since: Timestamp, now: Timestamp) -> i64 {
    now.as_second().saturating_sub(since.as_second()).max(0)
}

/// Formats the age of something that began at `since`.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    duration(seconds_between(since, now))
}

/// Formats a duration in seconds as it changes at most once a minute from two minutes on.
pub fn duration(seconds: i64) -> String {
    match seconds.max(0) {
        s if (2 * MINUTE..10 * MINUTE).contains(&s) => format!("{}m", s / MINUTE),
        s => human_duration(s),
    }
}

/// Formats a duration in seconds exactly as kubectl does (`HumanDuration`).
pub fn human_duration(seconds: i64) -> String {
    let two = |big: i64, unit: &str, small: i64, small_unit: &str| {
        if small == 0 {
            format!("{big}{unit}")
        } else {
            format!("{big}{unit}{small}{small_unit}")
        }
    };
    match seconds {
        ..=-2 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 10 * MINUTE => two(s / MINUTE, "m", s % MINUTE, "s"),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => two(s / HOUR, "h", s % HOUR / MINUTE, "m"),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => two(s / DAY, "d", s % DAY / HOUR, "h"),
        s if s < 2 * YEAR => format!("{}d", s / DAY),
        s if s < 8 * YEAR => two(s / YEAR, "y", s % YEAR / DAY, "d"),
        s => format!("{}y", s / YEAR),
    }
}

/// Formats an elapsed time with sub-second precision: `18ms`, `3.1s`, `2m`.
pub fn elapsed(took: SignedDuration) -> String {
    let millis = took.as_millis().max(0);
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..60_000 => format!("{}.{}s", millis / 1_000, millis / 100 % 10),
        _ => duration(took.as_secs()),
    }
}

/// Formats a countdown to the second: `40s`, `1m40s`, `1h02m`.
pub fn countdown(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < MINUTE => format!("{s}s"),
        s if s < HOUR => format!("{}m{:02}s", s / MINUTE, s % MINUTE),
        s => format!("{}h{:02}m", s / HOUR, s % HOUR / MINUTE),
    }
}

/// Seconds until the text of `duration` changes, to schedule the next frame.
pub fn seconds_until_change(seconds: i64) -> i64 {
    let step = match seconds {
        s if s < 2 * MINUTE => 1,
        s if s < 8 * HOUR => MINUTE,
        s if s < 8 * DAY => HOUR,
        _ => DAY,
    };
    step - seconds.max(0) % step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_a_moment_is_told_finely() {
        let cases = [
            (18, "18ms"),
            (3_149, "3.1s"),
            (59_999, "59.9s"),
            (150_000, "2m"),
        ];
        for (millis, text) in cases {
            assert_eq!(elapsed(SignedDuration::from_millis(millis)), text);
        }
    }

    #[test]
    fn reads_as_kubectl_writes() {
        for (seconds, text) in [
            (-3, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (9 * MINUTE + 59, "9m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + 12 * MINUTE, "3h12m"),
            (47 * HOUR, "47h"),
            (2 * DAY, "2d"),
            (4 * DAY + 6 * HOUR, "4d6h"),
            (400 * DAY, "400d"),
            (2 * YEAR + 3 * DAY, "2y3d"),
            (9 * YEAR, "9y"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds} s");
        }
    }

    #[test]
    fn human_duration_is_the_one_of_kubectl() {
        for (seconds, text) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (135, "2m15s"),
            (599, "9m59s"),
            (600, "10m"),
            (HOUR, "60m"),
            (3 * HOUR + MINUTE, "3h1m"),
            (9 * HOUR, "9h"),
            (49 * HOUR, "2d1h"),
            (30 * DAY, "30d"),
            (800 * DAY, "2y70d"),
        ] {
            assert_eq!(human_duration(seconds), text, "{seconds} s");
        }
    }

    #[test]
    fn the_text_stays_until_it_is_said_to_change() {
        for seconds in [
            0,
            59,
            119,
            120,
            179,
            3 * HOUR + 61,
            30 * HOUR,
            9 * DAY,
            800 * DAY,
        ] {
            let wait = seconds_until_change(seconds);
            assert!(wait > 0);
            assert_eq!(
                duration(seconds),
                duration(seconds + wait - 1),
                "{seconds} s"
            );
        }
    }

    #[test]
    fn counts_down_to_the_second() {
        assert_eq!(countdown(100), "1m40s");
        assert_eq!(countdown(-1), "0s");
        assert_eq!(countdown(3725), "1h02m");
    }
}
