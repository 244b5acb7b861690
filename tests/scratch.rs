use pullscope::sandbox::*;
use kube::{Api, Client, api::ListParams};
use k8s_openapi::api::core::v1::{Pod, Event};
#[tokio::test]
async fn scratch() {
    let t = std::time::Instant::now();
    let s = Scenario::named("company").unwrap();
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let sb = Sandbox::start(&s, now, Pace::Manual);
    println!("start {:?}", t.elapsed());
    let c = Client::new(sb.service(User::admin()), "default");
    let pods: Api<Pod> = Api::all(c.clone());
    for p in pods.list(&ListParams::default()).await.unwrap() {
        let st = p.status.clone().unwrap();
        let cs: Vec<String> = st.init_container_statuses.iter().flatten().chain(st.container_statuses.iter().flatten()).map(|c| format!("{:?}", c.state.as_ref().map(|s| s.waiting.as_ref().map(|w| format!("{:?} {:?}", w.reason, w.message)).unwrap_or(format!("{:?}", s.running.is_some()))))).collect();
        println!("{} {} {:?} {:?}", p.metadata.namespace.unwrap(), p.metadata.name.unwrap(), st.phase, cs);
    }
    let ev: Api<Event> = Api::all(c);
    let l = ev.list(&ListParams::default()).await.unwrap();
    println!("events {}", l.items.len());
    for e in l.items.iter().filter(|e| e.metadata.namespace.as_deref()==Some("web")) { println!("{:?} {:?} {:?} {:?} {:?}", e.involved_object.name, e.reason, e.count, e.message, e.last_timestamp.as_ref().map(|t| t.0)); }
}
