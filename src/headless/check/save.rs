//! `--save-cases`: the objects and events behind each finding, one file per Pod.
//!
//! The names of the files come from the server, so they are checked before they become a part of a path.
//! The files are new, and for their owner's eyes only: they hold messages and names of a cluster.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    path::Path,
};

use super::findings::CheckFindings;
use crate::{
    domain::{
        context::PodContext,
        error::UserError,
        k8s::{object_ref::ObjectRef, objects::Pod},
    },
    headless::json,
};

/// Writes a file for each Pod with a finding, and creates the folder.
///
/// If one cannot be saved, the others are; the error names the first, and counts them.
pub(super) fn save_all(folder: &Path, findings: &CheckFindings) -> Result<(), UserError> {
    let cannot = |why: String| {
        UserError::new(format!("cannot save cases to {}", folder.display())).with_cause(why)
    };
    create_folder(folder).map_err(|error| cannot(error.to_string()))?;
    let pods = findings.pods.iter().filter(|pod| !pod.findings.is_empty());
    let failures = pods.map(|pod| save_case(folder, &pod.context));
    let failures: Vec<SaveFailure> = failures.filter_map(Result::err).collect();
    let Some(first) = failures.first() else {
        return Ok(());
    };
    let problem = cannot(match failures.len() {
        1 => first.why.clone(),
        count => format!("{}; {count} cases not saved", first.why),
    });
    Err(if failures.iter().any(|failure| failure.exists) {
        problem.with_help("choose a new directory: existing files are not overwritten")
    } else {
        problem
    })
}

/// Why a case was not saved.
struct SaveFailure {
    why: String,
    /// A file of this name exists.
    exists: bool,
}

fn save_case(folder: &Path, context: &PodContext) -> Result<(), SaveFailure> {
    let name = file_name(&context.pod.key).map_err(|why| SaveFailure { why, exists: false })?;
    write_case(&folder.join(&name), context).map_err(|error| SaveFailure {
        why: format!("{name}: {error}"),
        exists: error.kind() == io::ErrorKind::AlreadyExists,
    })
}

/// Length after which a name is cut: a file name has at most 255 bytes.
const MAX_NAME_BYTES: usize = 200;

/// File name of a Pod; an error for a name that Kubernetes does not allow.
fn file_name(key: &ObjectRef<Pod>) -> Result<String, String> {
    if key.namespace.is_valid() && key.name.is_valid() {
        let name = format!("{}.{}", key.namespace, key.name);
        Ok(match name.get(..MAX_NAME_BYTES) {
            // Both together may be longer than a file's name; their hash keeps apart what begins alike.
            Some(start) if name.len() > MAX_NAME_BYTES => {
                let mut hasher = DefaultHasher::new();
                name.hash(&mut hasher);
                format!("{start}-{:016x}.json", hasher.finish())
            }
            Some(_) | None => format!("{name}.json"),
        })
    } else {
        Err(format!(
            "invalid Pod name from the server: {:?}",
            key.to_string()
        ))
    }
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a new file. `create_new` follows no symbolic link, and takes nothing that is there.
fn write_case(path: &Path, context: &impl serde::Serialize) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = io::BufWriter::new(options.open(path)?);
    let written = json::write_pretty(context, &mut file).and_then(|()| file.flush());
    if written.is_err() {
        // Half a case is none. That it is there still is told by the error of the next run.
        let _ = fs::remove_file(path);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            context, diagnostics,
            fixtures::{now, pod, upserted, waiting},
            k8s::object_ref::{Name, Namespace},
            store::{Store, update::StoreUpdate, watch::WatchCoverage},
        },
        headless::check::{findings::DiagnosedPod, nodes::NodeReadings},
    };

    #[test]
    fn names_of_the_server_stay_inside_the_folder() {
        let key = |namespace: &str, name: &str| {
            ObjectRef::new(Namespace::new(namespace), Name::new(name))
        };
        assert_eq!(
            file_name(&key("shop", "web-1.a")).unwrap(),
            "shop.web-1.a.json"
        );
        for (namespace, name) in [
            ("/tmp/out", "web"),
            ("..", "web"),
            ("shop", "../web"),
            ("shop", "a/b"),
            ("", "web"),
            ("shop", ""),
            ("shop", "a\0b"),
        ] {
            assert!(
                file_name(&key(namespace, name)).is_err(),
                "{namespace} {name}"
            );
        }
    }

    #[test]
    fn the_longest_names_are_names_of_files() {
        let name = |last: &str| {
            let name = format!("{}{last}", ["a"; 63].concat() + "." + &["b"; 180].concat());
            file_name(&ObjectRef::new(
                Namespace::new(["n"; 63].concat()),
                Name::new(name),
            ))
            .unwrap()
        };
        assert!(name("1").len() <= 255, "{}", name("1"));
        assert_ne!(name("1"), name("2"));
    }

    #[test]
    fn one_that_cannot_be_saved_keeps_no_other_from_being_saved() {
        let home = tempfile::tempdir().unwrap();
        let mut found = CheckFindings {
            pods: Vec::new(),
            healthy: Vec::new(),
            workloads: Vec::new(),
            nodes: NodeReadings::default(),
        };
        let mut store = Store::default();
        for name in ["../web", "api", "a/b"] {
            let failing = waiting("ErrImagePull", "manifest unknown");
            let pod = pod("shop", name, failing);
            let key = pod.key.clone();
            store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
            let pod_context =
                context::pod_context(&store, &WatchCoverage::complete(), &key, now()).unwrap();
            found.pods.push(DiagnosedPod {
                findings: diagnostics::diagnose(&pod_context).findings,
                context: pod_context,
                is_running: false,
            });
        }
        let error = save_all(home.path(), &found).unwrap_err().to_string();
        assert!(error.contains("2 cases not saved"), "{error}");
        assert!(home.path().join("shop.api.json").exists());
    }

    #[cfg(unix)]
    #[test]
    fn files_are_new_and_for_their_owner() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("cases");
        create_folder(&folder).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let file = folder.join("shop.web.json");
        write_case(&file, &"one").unwrap();
        assert_eq!(mode(&file), 0o600);
        let again = write_case(&file, &"two").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&file).unwrap(), "\"one\"\n");
        // Nor through a link to somewhere else.
        let outside = home.path().join("outside");
        let link = folder.join("shop.api.json");
        symlink(&outside, &link).unwrap();
        assert!(write_case(&link, &"three").is_err());
        assert!(!outside.exists());
    }
}
