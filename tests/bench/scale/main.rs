//! What pullscope costs on a large cluster: `cargo bench --bench scale [-- PODS… STAGES…]`,
//! where a stage is `start`, `steady`, `churn`, `soak=MINUTES` (changes and cut connections), or `serve`
//! to keep the server.
//!
//! A real etcd and API server (from `KUBEBUILDER_ASSETS`) are filled with Pods, Secrets, ServiceAccounts,
//! workloads and events, and the release binary runs on them in a pseudo-terminal, as a person would
//! run it. Beside it stands the floor, measured in the same run: the same resources listed, received
//! and thrown away. Medians of several runs; nothing is asserted of times, because the machine has
//! other work too.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unchecked_time_subtraction
)]
// Figures for people: nothing is counted with them.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

mod churn;
mod etcd;
mod figures;
mod fill;
mod floor;
mod measure;
#[path = "../../contract/process.rs"]
mod process;
mod relay;
mod server;
mod session;
mod soak;
mod templates;

use fill::Size;
use measure::Bench;
use server::Server;

/// Pods, where the command names no other numbers.
const SIZES: [u32; 3] = [1_000, 10_000, 50_000];

fn main() {
    let numbers: Vec<u32> = std::env::args()
        .filter_map(|argument| argument.replace('_', "").parse().ok())
        .collect();
    let stages = ["start", "steady", "churn", "serve"];
    let soak = std::env::args().find_map(|argument| argument.strip_prefix("soak=")?.parse().ok());
    let only: Vec<String> = std::env::args()
        .filter(|argument| stages.contains(&argument.as_str()) || argument.starts_with("soak="))
        .collect();
    let sizes = if numbers.is_empty() {
        SIZES.to_vec()
    } else {
        numbers
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    println!(
        "pullscope on a large cluster; medians of {} runs",
        measure::RUNS
    );
    if only.is_empty() {
        measure::sandbox_start();
    }
    let Some(empty) = Server::start() else {
        println!("KUBEBUILDER_ASSETS is not set: nothing is measured on a real API server");
        return;
    };
    let base = measure::at_rest(&empty, "default");
    drop(empty);
    for pods in sizes {
        let Some(server) = Server::start() else {
            return;
        };
        let size = Size { pods };
        let filled = runtime.block_on(fill::fill(&server, size));
        println!("\n{pods} Pods");
        Bench {
            runtime: &runtime,
            server: &server,
            size,
            filled: &filled,
            only: &only,
            soak,
            base,
        }
        .run();
    }
}
