//! The node view: what is known of a Pod's node, since when, and which permission is missing for the rest.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::window::{self, Window};
use crate::{
    app::{action::Action, node_cache::NodeRecord, node_view::NodeView},
    domain::{
        k8s::age,
        node::{
            CredentialVerificationPolicy, HostScope, KubeletConfig, KubeletMetrics, NodeFacts,
            NodeFileReader, NodeStatus, Reading, RegistryConfig,
        },
        plural::pluralize,
        registry_auth::image_ref::ImageRef,
    },
    ui::{
        draw_context::DrawContext,
        key_hints::{BACK, SCROLL},
        text,
        text::{indented_lines, wrapped_lines},
    },
};

const WIDE: u16 = 110;

/// Cells for the name of a value.
const NAME: usize = 22;

pub(super) fn draw(view: &NodeView, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) -> usize {
    let record = cx.model.nodes.get(&view.node);
    let mut page = NodePage {
        cx,
        room: window::inner_width(WIDE, area),
        lines: Vec::new(),
    };
    let image = view.image.as_deref();
    let image = image.and_then(|image| ImageRef::parse(image).ok());
    match record {
        Some(NodeRecord {
            facts: Some(facts), ..
        }) => page.facts(facts, image.as_ref()),
        Some(_) | None => page.text(
            &format!("{} Reading the node", cx.spinner()),
            cx.theme.dim(),
        ),
    }
    let status = record.and_then(|record| record.facts.as_ref()?.status.known());
    let can_read_files = status.is_none_or(|status| NodeFileReader::can_read(&status.info));
    page.heading("Mirrors and proxies of the container runtime");
    match record.and_then(|record| record.registries.as_ref()) {
        Some((config, at)) => {
            page.registries(config, image.as_ref());
            page.read_at(*at);
        }
        None => page.unread_registries(can_read_files),
    }
    let title = format!("Node {}", text::clean(&view.node));
    let mut hints = vec![SCROLL];
    if can_read_files {
        hints.push((&[Action::ProposeNodeFiles], "read files"));
    }
    hints.extend([(&[Action::Refetch][..], "read again"), BACK]);
    let window = Window {
        title: &title,
        hint: &cx.hints(&hints),
        wide: WIDE,
    };
    window.render_text(page.lines, view.scroll, cx.theme, area, buffer)
}

/// The lines of the view.
struct NodePage<'a> {
    cx: DrawContext<'a>,
    room: usize,
    lines: Vec<Line<'static>>,
}

impl NodePage<'_> {
    fn facts(&mut self, facts: &NodeFacts, image: Option<&ImageRef>) {
        self.heading("Node");
        match &facts.status {
            Reading::Known(status) => self.status(status, image),
            gap => self.gap(gap),
        }
        self.heading("Kubelet configuration");
        match &facts.config {
            Reading::Known(config) => self.config(config),
            gap => self.gap(gap),
        }
        self.heading("Kubelet metrics since its start");
        match &facts.metrics {
            Reading::Known(metrics) => self.metrics(metrics),
            gap => self.gap(gap),
        }
        self.read_at(facts.read_at);
    }

    fn status(&mut self, status: &NodeStatus, image: Option<&ImageRef>) {
        self.value("Platform", &status.platform);
        self.value("OS image", &status.info.os_image);
        self.value("Kubelet", &status.info.kubelet_version);
        self.value("Container runtime", &status.info.container_runtime);
        if let Some(image) = image {
            let listed = if status.lists(image) {
                format!("{image} is on the node")
            } else {
                // The kubelet lists fifty images, and five names of each.
                let images = pluralize(status.images.len(), "image", "images");
                format!("{image} is not in the Node's list ({images})")
            };
            self.value("Images", &listed);
        }
        if status.has_disk_pressure {
            self.value("DiskPressure", "True: the kubelet deletes unused images");
        }
    }

    fn config(&mut self, config: &KubeletConfig) {
        let verification = match &config.verification {
            Some(policy) => format!("{policy}: {}", explain(policy)),
            None => "none: an image on the node is for every Pod".to_owned(),
        };
        self.value("Verification", &verification);
        if !config.allowlist.is_empty() {
            self.value("Allowlist", &config.allowlist.join(", "));
        }
        let pulls = config.pull_concurrency();
        let pulls = pulls.map_or_else(unknown, |pulls| pulls.to_string());
        self.value("Pulls", &pulls);
        let rate = match (config.registry_pull_qps, config.registry_burst) {
            (Some(..=0), _) => "no limit (registryPullQPS 0)".to_owned(),
            (Some(qps), Some(burst)) => format!("{qps} per second, bursts of {burst}"),
            (Some(qps), None) => format!("{qps} per second"),
            (None, _) => unknown(),
        };
        self.value("Pull rate", &rate);
        self.value("Image deletion", &garbage_collection(config));
    }

    fn metrics(&mut self, metrics: &KubeletMetrics) {
        let provider = match &metrics.provider_config_hash {
            Some(hash) => format!("configured ({hash})"),
            None => "none reported".to_owned(),
        };
        self.value("Credential provider", &provider);
        for (plugin, calls) in &metrics.provider_calls {
            let errors = metrics.provider_errors.get(plugin).copied().unwrap_or(0);
            self.value("", &format!("{plugin}: {calls} calls, {errors} failed"));
        }
        if metrics.verifications.is_empty() {
            self.value("Image checks", "none reported");
        }
        for (result, count) in &metrics.verifications {
            self.value("Image checks", &format!("{result}: {count}"));
        }
        if let Some(records) = metrics.pulled_records {
            let records = usize::try_from(records).unwrap_or(usize::MAX);
            self.value(
                "Pulled by the kubelet",
                &pluralize(records, "image", "images"),
            );
        }
    }

    fn registries(&mut self, config: &RegistryConfig, image: Option<&ImageRef>) {
        if let Some(image) = image {
            let asked = match config.endpoints(image) {
                Some(hosts) if hosts.is_blocked => format!("blocked ({})", hosts.file),
                Some(hosts) => {
                    let all: Vec<&str> = hosts
                        .endpoints
                        .iter()
                        .map(|it| it.location.as_str())
                        .collect();
                    format!("{} ({})", all.join(", then "), hosts.file)
                }
                None => format!("{} itself: no file names it", image.host()),
            };
            self.value("This image is asked of", &asked);
        }
        for hosts in &config.hosts {
            let scope = match &hosts.scope {
                HostScope::Host(host) | HostScope::Prefix(host) => host.as_str(),
                HostScope::Default => "all others",
            };
            let mirrors = hosts.endpoints.iter();
            let all: Vec<&str> = mirrors.map(|it| it.location.as_str()).collect();
            self.value(scope, &all.join(", then "));
        }
        for proxy in &config.proxies {
            self.value(&proxy.name, &format!("{} ({})", proxy.value, proxy.file));
        }
        if config.files == 0 {
            self.text("The node has none of these files.", self.cx.theme.dim());
        }
        if config.may_ignore_hosts() {
            let words = "No config.toml that was read names a config_path: containerd may ignore hosts.toml files.";
            self.text(words, self.cx.theme.warning());
        }
        for (path, why) in &config.unread {
            self.text(&format!("{path}: {why}"), self.cx.theme.warning());
        }
    }

    /// How the files can be read, or that they cannot.
    fn unread_registries(&mut self, can_read_files: bool) {
        let key = self.cx.keys(&[Action::ProposeNodeFiles]);
        let words = match (can_read_files, key) {
            (false, _) => "Files of a Windows node cannot be read.".to_owned(),
            (true, Some(key)) => format!(
                "Not read. Only a Pod on the node can read them; press {key} to preview it."
            ),
            (true, None) => "Not read. Only a Pod on the node can read them.".to_owned(),
        };
        self.text(&words, self.cx.theme.dim());
    }

    fn heading(&mut self, title: &'static str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.lines.push(Line::styled(title, self.cx.theme.strong()));
    }

    fn value(&mut self, name: &str, value: &str) {
        let name = text::truncate(name, NAME, text::Ellipsis::Middle);
        let room = self.room.saturating_sub(NAME + 3);
        let blank = NAME.saturating_sub(text::width(&name));
        for (index, line) in text::wrap(value, room).into_iter().enumerate() {
            let label = if index == 0 {
                format!("  {name}{:blank$} ", "")
            } else {
                " ".repeat(NAME + 3)
            };
            self.lines.push(Line::from(vec![
                Span::styled(label, self.cx.theme.dim()),
                Span::raw(line),
            ]));
        }
    }

    fn text(&mut self, words: &str, style: Style) {
        self.lines
            .extend(indented_lines(words, 2, self.room, style));
    }

    /// Why nothing is known, and the Role that would change it.
    fn gap<T>(&mut self, reading: &Reading<T>) {
        let theme = self.cx.theme;
        if let Some(why) = reading.gap() {
            self.text(&format!("unknown: {why}"), theme.warning());
        }
        if let Reading::Denied(permission) = reading {
            self.text(&format!("$ {}", permission.role_command()), theme.accent());
            if &*permission.resource == "nodes/proxy" {
                let words = "nodes/proxy also lets its holder run commands in the node's Pods: grant it with care.";
                self.text(words, theme.dim());
            }
        }
    }

    fn read_at(&mut self, at: jiff::Timestamp) {
        let words = format!("read {} ago", age::age(at, self.cx.now));
        let lines = wrapped_lines(&words, self.room, self.cx.theme.dim());
        self.lines.extend(lines);
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// What the policy means for a Pod without a matching credential.
fn explain(policy: &CredentialVerificationPolicy) -> &'static str {
    match policy {
        CredentialVerificationPolicy::NeverVerify => "an image on the node is for every Pod",
        CredentialVerificationPolicy::NeverVerifyPreloadedImages => {
            "an image that the kubelet pulled needs a credential"
        }
        CredentialVerificationPolicy::NeverVerifyAllowlistedImages => {
            "all images but those of the allowlist need a credential"
        }
        CredentialVerificationPolicy::AlwaysVerify => "every image on the node needs a credential",
        CredentialVerificationPolicy::Other(_) => "a policy that is not known here",
    }
}

fn garbage_collection(config: &KubeletConfig) -> String {
    let (Some(high), Some(low)) = (
        config.image_gc_high_threshold_percent,
        config.image_gc_low_threshold_percent,
    ) else {
        return unknown();
    };
    let space = match high {
        100.. => "never for space".to_owned(),
        high => format!("unused images above {high}% disk usage, down to {low}%"),
    };
    let minimum = config.image_minimum_gc_age.as_deref();
    let minimum = minimum.map_or(String::new(), |age| format!("; not before {age}"));
    let maximum = config.image_maximum_gc_age.as_deref();
    let maximum = match maximum {
        None | Some("" | "0s") => String::new(),
        Some(age) => format!("; unused for {age} in any case"),
    };
    format!("{space}{minimum}{maximum}")
}
