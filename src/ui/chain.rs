//! The chain strip: registry ← Secret ← ServiceAccount ← workload, each link with its state, the broken one marked.
//!
//! At a cloud's registry its credential provider stands in the place of a Secret. A node that asks a mirror first, queues
//! pulls or verifies every image is a link of its own. Where there is room each has its kind before its name.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{draw_context::DrawContext, text};
use crate::{
    app::{
        node_cache::NodeRecord,
        panes::accounts::{ListedSecret, listed_secret},
        pod_inspection::PodInspection,
    },
    domain::{
        context::{AccountState, SecretLink, SecretState},
        diagnostics::{Cause, ChainLink, Fact, Finding, RootCause},
        k8s::pod_status::{PodHealth, pod_status},
        registry_auth::image_ref::ImageRef,
    },
};

/// Width below which arrows are short, and only ambiguous links show their kind.
const WIDE: u16 = 100;

/// The same with a link for the node, which has several words.
const WIDE_WITH_NODE: u16 = 200;

/// The policy with which an image on the node is no reason not to ask the registry.
const ALWAYS_VERIFY: &str = "AlwaysVerify";

/// How a link stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LinkState {
    Good,
    Broken,
    Odd,
    Unknown,
}

struct ChainSegment {
    /// What the link is, unless its name says it.
    kind: &'static str,
    name: String,
    state: LinkState,
    /// What is wrong with it.
    why: &'static str,
}

pub(super) fn draw(cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = cx.theme;
    let Some(inspection) = &cx.model.inspection else {
        if cx.model.connection.identity().is_some() {
            let words = " Select a Pod to see its pull chain";
            Line::styled(words, theme.dim()).render(area, buffer);
        }
        return;
    };
    let node = node(cx, inspection, inspection.diagnosis.first());
    let wide = area.width >= if node.is_some() { WIDE_WITH_NODE } else { WIDE };
    let arrow = if wide { " ◂── " } else { " ◂ " };
    let mut parts = parts(cx, inspection, wide, node);
    if !wide {
        parts.iter_mut().for_each(ChainSegment::forget_kind);
    }
    let arrows = text::width(arrow) * parts.len().saturating_sub(1);
    let fixed: usize = parts.iter().map(ChainSegment::fixed).sum();
    let room = usize::from(area.width).saturating_sub(arrows + fixed + 2);
    let widths = segment_widths(&parts, room);
    let mut spans = vec![Span::raw(" ")];
    for (index, (part, width)) in parts.iter().zip(widths).enumerate() {
        if index > 0 {
            spans.push(Span::styled(arrow, theme.dim()));
        }
        let (symbol, style) = mark(cx, part.state);
        if !part.kind.is_empty() {
            spans.push(Span::styled(format!("{} ", part.kind), theme.dim()));
        }
        let name = text::truncate(&part.name, width, text::Ellipsis::Middle).into_owned();
        spans.push(Span::raw(name));
        spans.push(Span::styled(format!(" {symbol}"), style));
        if !part.why.is_empty() {
            spans.push(Span::styled(format!(" {}", part.why), style));
        }
    }
    Line::from(spans).render(area, buffer);
}

impl ChainSegment {
    fn forget_kind(&mut self) {
        if !matches!(self.kind, "SA" | "node") {
            self.kind = "";
        }
    }

    /// Cells that do not give way.
    fn fixed(&self) -> usize {
        let words = [self.kind, self.why];
        let words = words.iter().filter(|word| !word.is_empty());
        2 + words.map(|word| text::width(word) + 1).sum::<usize>()
    }
}

fn mark(cx: DrawContext<'_>, state: LinkState) -> (&'static str, Style) {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    match state {
        LinkState::Good => (symbols.finished, theme.good()),
        LinkState::Broken => (symbols.pull_failing, theme.failing()),
        LinkState::Odd => (symbols.failing, theme.warning()),
        LinkState::Unknown => (symbols.quiet, theme.dim()),
    }
}

/// Cells for each part: what is short keeps its width, the rest share what is left.
fn segment_widths(parts: &[ChainSegment], room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = parts.iter().map(|part| text::width(&part.name)).collect();
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 1 => *widest -= 1,
            _ => break,
        }
    }
    widths
}

fn parts(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    wide: bool,
    node: Option<ChainSegment>,
) -> Vec<ChainSegment> {
    let finding = inspection.diagnosis.first();
    let provider = provider(inspection, finding);
    let lists_secrets = inspection
        .links
        .as_ref()
        .is_some_and(|links| !links.secrets.is_empty());
    let mut parts = vec![registry(inspection, finding)];
    parts.extend(node);
    if provider.is_none() || lists_secrets {
        parts.push(secret(inspection, finding));
    }
    parts.extend(provider);
    parts.push(account(cx, inspection, finding));
    parts.push(workload(cx, inspection, finding, wide));
    parts
}

/// The credential provider of the registry's cloud, unless a Secret has the login.
fn provider(inspection: &PodInspection, finding: Option<&Finding>) -> Option<ChainSegment> {
    let links = inspection.links.as_ref()?;
    let provider = links.provider.as_ref()?;
    let blamed = finding.filter(|finding| blames_provider(finding));
    let has_login = links
        .secrets
        .iter()
        .any(|link| matches!(link.state, SecretState::Matches { .. }));
    let (state, why) = match blamed {
        Some(finding) => (LinkState::Broken, finding.title()),
        None if has_login => return None,
        None if has_image(inspection) => (LinkState::Good, ""),
        None => (LinkState::Unknown, ""),
    };
    Some(ChainSegment {
        kind: "provider",
        name: provider.to_string(),
        state,
        why,
    })
}

/// What the node does by itself that bears on the pull: the mirror that it asks before the registry, its queue, and the
/// verification of every image.
fn node(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    finding: Option<&Finding>,
) -> Option<ChainSegment> {
    let record = node_record(cx, inspection)?;
    let image = ImageRef::parse(inspection.image()?).ok()?;
    let registries = record.registries.as_ref();
    let mirrors = registries.map(|(config, _)| config.mirrors(&image));
    let mirror = mirrors.and_then(|mirrors| {
        let location = &mirrors.first()?.location;
        let host = location
            .split_once("://")
            .map_or(location.as_str(), |(_, host)| host);
        Some(format!("asks {host} first"))
    });
    let evidence = finding.map_or(&[][..], |finding| &finding.evidence);
    let queue = evidence.iter().find_map(|it| {
        if let Fact::NodePullQueue { others, .. } = it.fact {
            Some(match others {
                1 => "1 pull ahead".to_owned(),
                others => format!("{others} pulls ahead"),
            })
        } else {
            None
        }
    });
    let verification = evidence.iter().find_map(|it| {
        if let Fact::NodeVerifies { policy, .. } = &it.fact {
            (**policy == *ALWAYS_VERIFY).then(|| ALWAYS_VERIFY.to_owned())
        } else {
            None
        }
    });
    let told: Vec<String> = [mirror, queue, verification]
        .into_iter()
        .flatten()
        .collect();
    (!told.is_empty()).then(|| ChainSegment {
        kind: "node",
        name: told.join(", "),
        state: LinkState::Unknown,
        why: "",
    })
}

fn node_record<'a>(cx: DrawContext<'a>, inspection: &PodInspection) -> Option<&'a NodeRecord> {
    let node = inspection.context.pod.node.as_deref()?;
    cx.model.nodes.get(node)
}

fn blames_provider(finding: &Finding) -> bool {
    finding.link() == ChainLink::Provider || finding.cause == Cause::CredentialProviderFailure
}

fn registry(inspection: &PodInspection, finding: Option<&Finding>) -> ChainSegment {
    let image = inspection.image().map_or("no image", |image| &**image);
    let broken = finding.filter(|finding| finding.image.is_some());
    let host = ImageRef::parse(image).map(|image| image.host().to_owned());
    let host = host.unwrap_or_else(|_| image.to_owned());
    match broken.map(|finding| (finding.link(), finding.title())) {
        Some((ChainLink::Image, why)) => ChainSegment {
            kind: "image",
            name: image.to_owned(),
            state: LinkState::Broken,
            why,
        },
        Some((ChainLink::Registry, why)) => ChainSegment {
            kind: "registry",
            name: host,
            state: LinkState::Broken,
            why,
        },
        Some(_) | None => ChainSegment {
            kind: "registry",
            name: host,
            state: if has_image(inspection) {
                LinkState::Good
            } else {
                LinkState::Unknown
            },
            why: "",
        },
    }
}

fn has_image(inspection: &PodInspection) -> bool {
    inspection.container().is_some_and(|container| {
        container.ready
            || container
                .image_id
                .as_deref()
                .is_some_and(|id| !id.is_empty())
    })
}

fn secret(inspection: &PodInspection, finding: Option<&Finding>) -> ChainSegment {
    let listed: &[SecretLink] = inspection
        .links
        .as_ref()
        .map_or(&[], |links| &links.secrets);
    let blamed = finding
        .filter(|finding| finding.link() == ChainLink::Secret)
        .map(|finding| (finding.fix_context.secret.as_deref(), finding.title()));
    let shown = blamed
        .and_then(|(name, _)| listed.iter().find(|link| Some(link.name.as_str()) == name))
        .or_else(|| {
            listed
                .iter()
                .find(|link| matches!(link.state, SecretState::Matches { .. }))
        })
        .or_else(|| listed.first());
    let Some(link) = shown else {
        return ChainSegment {
            kind: "",
            name: "no pull secret".to_owned(),
            state: LinkState::Unknown,
            why: "",
        };
    };
    let name = match listed.len() {
        0 | 1 => link.name.to_string(),
        count => format!("{} +{}", link.name, count - 1),
    };
    let (state, why) = match (blamed, &link.state) {
        // What it holds is not known, so it is no more than suspect.
        (Some((_, why)), SecretState::Unknown) => (LinkState::Odd, why),
        (Some((_, why)), _) => (LinkState::Broken, why),
        (None, SecretState::Matches { .. }) => (LinkState::Good, ""),
        (None, SecretState::Unknown) => (LinkState::Unknown, ""),
        (None, state) => (LinkState::Odd, state.label()),
    };
    ChainSegment {
        kind: "Secret",
        name,
        state,
        why,
    }
}

fn account(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    finding: Option<&Finding>,
) -> ChainSegment {
    let name = &inspection.context.pod.service_account;
    let broken = finding.filter(|finding| finding.link() == ChainLink::Account);
    let known = inspection.links.as_ref().map(|links| links.account);
    let (state, why) = match (broken, known) {
        (Some(finding), _) => (LinkState::Broken, finding.title()),
        (None, Some(AccountState::Present)) if lists_missing_secret(cx, inspection) => {
            // What the Secret's segment says is marked and not said again.
            let links = inspection.links.as_ref();
            let is_told = links.is_some_and(|it| it.secrets.iter().any(SecretLink::is_missing));
            let why = RootCause::SecretMissing.title();
            (LinkState::Odd, if is_told { "" } else { why })
        }
        (None, Some(AccountState::Present)) => (LinkState::Good, ""),
        (None, Some(AccountState::Missing)) => (LinkState::Odd, "not found"),
        (None, Some(AccountState::Unknown) | None) => (LinkState::Unknown, ""),
    };
    ChainSegment {
        kind: "SA",
        name: name.to_string(),
        state,
        why,
    }
}

/// Whether the ServiceAccount lists a Secret that does not exist, as its pane shows it.
fn lists_missing_secret(cx: DrawContext<'_>, inspection: &PodInspection) -> bool {
    let Some(account) = inspection.context.account.present() else {
        return false;
    };
    let mut listed = account.pull_secrets.iter();
    listed
        .any(|name| listed_secret(cx.secret_list_context(), account, name) == ListedSecret::Missing)
}

/// The workload, or a Pod that has none; where there is room, with its kind as kubectl writes it.
fn workload(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    finding: Option<&Finding>,
    wide: bool,
) -> ChainSegment {
    let name = match &inspection.context.workload {
        None if wide => format!("Pod/{}", inspection.pod.name),
        None => inspection.pod.name.to_string(),
        Some(workload) => {
            let (id, rollout) = (&workload.id, &workload.status);
            let ready = format!("{}/{}", rollout.ready, rollout.desired);
            if wide {
                format!("{id} {ready}")
            } else {
                format!("{} {ready}", id.key.name)
            }
        }
    };
    let has_provider = inspection
        .links
        .as_ref()
        .is_some_and(|links| links.provider.is_some());
    let own = finding.filter(|finding| match finding.link() {
        ChainLink::Pod => true,
        ChainLink::Node | ChainLink::Provider => !(has_provider && blames_provider(finding)),
        ChainLink::Registry | ChainLink::Image | ChainLink::Secret | ChainLink::Account => false,
    });
    let health = cx
        .model
        .store
        .pod(&inspection.pod)
        .map(|pod| pod_status(pod).health);
    let (state, why) = match (own, health) {
        (Some(finding), _) => (LinkState::Broken, finding.title()),
        (None, Some(PodHealth::PullFailing | PodHealth::Failing)) => (LinkState::Odd, ""),
        (None, Some(PodHealth::Healthy | PodHealth::Finished)) => (LinkState::Good, ""),
        (None, Some(PodHealth::Progressing) | None) => (LinkState::Unknown, ""),
    };
    ChainSegment {
        kind: "",
        name,
        state,
        why,
    }
}
