//! The kubelet's metrics of images and credential providers, out of the text format of Prometheus.
//!
//! A family that is not there is unknown, not zero: counters appear with their first sample, and older kubelets
//! have none of them.

use std::collections::BTreeMap;

/// What a kubelet has counted since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubeletMetrics {
    /// `kubelet_credential_provider_config_info`: the hash of the configuration of its credential providers (1.34).
    pub provider_config_hash: Option<String>,
    /// Calls of each credential provider, by its name.
    pub provider_calls: BTreeMap<String, u64>,
    /// Calls that failed, by its name.
    pub provider_errors: BTreeMap<String, u64>,
    /// Checks whether a Pod may use an image that is on the node, by their result
    /// (`kubelet_imagemanager_image_mustpull_checks_total`, 1.35).
    pub verifications: BTreeMap<String, u64>,
    /// Images that this kubelet remembers having pulled (`kubelet_imagemanager_ondisk_pulledrecords`).
    pub pulled_records: Option<u64>,
}

/// Lines of an answer that are looked at: a large node has some ten thousand.
const MAX_LINES: usize = 200_000;

/// Label values of one family that are kept: their number is not the kubelet's alone to choose.
const MAX_KEPT: usize = 64;

impl KubeletMetrics {
    /// Reads the answer of `/metrics`. Lines of other metrics, and those that are not in the format, are skipped.
    pub fn parse(text: &str) -> Self {
        let mut metrics = Self::default();
        for line in text.lines().take(MAX_LINES) {
            // Most lines are of other metrics, or comments.
            if !line.starts_with("kubelet_") {
                continue;
            }
            if let Some(sample) = Sample::parse(line) {
                metrics.add(&sample);
            }
        }
        metrics
    }

    /// How often a Pod had to authenticate for an image that was on the node.
    pub fn must_authenticate(&self) -> Option<u64> {
        self.verifications.get("mustAuthenticate").copied()
    }

    fn add(&mut self, sample: &Sample<'_>) {
        let (family, label) = match sample.name {
            "kubelet_credential_provider_config_info" => {
                self.provider_config_hash = sample.label("hash");
                return;
            }
            "kubelet_imagemanager_ondisk_pulledrecords" => {
                self.pulled_records = Some(sample.value);
                return;
            }
            "kubelet_credential_provider_plugin_duration_count" => {
                (&mut self.provider_calls, "plugin_name")
            }
            "kubelet_credential_provider_plugin_errors_total" => {
                (&mut self.provider_errors, "plugin_name")
            }
            "kubelet_imagemanager_image_mustpull_checks_total" => {
                (&mut self.verifications, "result")
            }
            _ => return,
        };
        if let Some(value) = sample.label(label)
            && family.len() < MAX_KEPT
        {
            family.insert(value, sample.value);
        }
    }
}

/// One line: `NAME{LABEL="VALUE",…} NUMBER`.
struct Sample<'a> {
    name: &'a str,
    /// What stands between the braces.
    labels: &'a str,
    value: u64,
}

impl<'a> Sample<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, labels, rest) = if let Some((name, rest)) = line.split_once('{') {
            let (labels, rest) = rest.rsplit_once('}')?;
            (name, labels, rest)
        } else {
            let (name, rest) = line.split_once(' ')?;
            (name, "", rest)
        };
        let value: f64 = rest.split_whitespace().next()?.parse().ok()?;
        Some(Self {
            name,
            labels,
            value: count(value)?,
        })
    }

    /// The value of a label; `\"`, `\\` and `\n` are undone.
    fn label(&self, wanted: &str) -> Option<String> {
        let mut rest = self.labels;
        while let Some((name, after)) = rest.split_once("=\"") {
            let mut value = String::new();
            let mut letters = after.char_indices();
            let end = loop {
                match letters.next()? {
                    (at, '"') => break at,
                    (_, '\\') => match letters.next()?.1 {
                        'n' => value.push('\n'),
                        other => value.push(other),
                    },
                    (_, letter) => value.push(letter),
                }
            };
            if name.trim_start_matches([',', ' ']) == wanted {
                return Some(value);
            }
            rest = after.get(end + 1..)?;
        }
        None
    }
}

/// A counter's value: they come as floating-point numbers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked"
)]
fn count(value: f64) -> Option<u64> {
    (0.0..1e15).contains(&value).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// From a kubelet of 1.37.2, shortened.
    const METRICS: &str = r#"# HELP kubelet_credential_provider_config_info [ALPHA] Information about the last applied credential provider configuration with hash as label
# TYPE kubelet_credential_provider_config_info gauge
kubelet_credential_provider_config_info{hash="sha256:595baf0f"} 1
kubelet_credential_provider_plugin_duration_bucket{plugin_name="identity-provider",le="+Inf"} 1
kubelet_credential_provider_plugin_duration_sum{plugin_name="identity-provider"} 1.984088488
kubelet_credential_provider_plugin_duration_count{plugin_name="identity-provider"} 1
kubelet_credential_provider_plugin_errors_total{plugin_name="credential-provider"} 2
kubelet_image_manager_ensure_image_requests_total{present_locally="true",pull_policy="ifnotpresent",pull_required="true"} 1
kubelet_imagemanager_image_mustpull_checks_total{result="credentialRecordFound"} 10
kubelet_imagemanager_image_mustpull_checks_total{result="mustAuthenticate"} 1
kubelet_imagemanager_ondisk_pulledrecords 3
process_cpu_seconds_total 1.2e+02
"#;

    #[test]
    fn a_kubelet_has_counted() {
        let metrics = KubeletMetrics::parse(METRICS);
        assert_eq!(
            metrics.provider_config_hash.as_deref(),
            Some("sha256:595baf0f")
        );
        assert_eq!(metrics.provider_calls["identity-provider"], 1);
        assert_eq!(metrics.provider_errors["credential-provider"], 2);
        assert_eq!(metrics.must_authenticate(), Some(1));
        assert_eq!(metrics.pulled_records, Some(3));
    }

    #[test]
    fn what_is_not_counted_is_unknown() {
        assert_eq!(
            KubeletMetrics::parse("go_goroutines 7\n"),
            KubeletMetrics::default()
        );
    }

    #[test]
    fn labels_are_read_in_any_order_and_with_escapes() {
        for (line, expected) in [
            (r#"x{a="1",result="b"} 1"#, Some("b")),
            (r#"x{result="b\"c\\d",a="1"} 1"#, Some("b\"c\\d")),
            (r#"x{a="result=\"no\"",result="yes"} 1"#, Some("yes")),
            (r#"x{a="1"} 1"#, None),
            (r#"x{result="open} 1"#, None),
        ] {
            let sample = Sample::parse(line).unwrap();
            assert_eq!(sample.label("result").as_deref(), expected, "{line}");
        }
        for line in [
            "",
            "x",
            "x{",
            "x{a=\"1\"}",
            "x NaN",
            "x -1",
            "x +Inf",
            "x 1e300",
        ] {
            assert!(Sample::parse(line).is_none(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(kubelet_imagemanager_image_mustpull_checks_total[{}=\"\\\\,a-z0-9é ]{0,40}\n?){0,8}") {
            let metrics = KubeletMetrics::parse(&text);
            prop_assert!(metrics.verifications.len() <= MAX_KEPT);
        }
    }
}
