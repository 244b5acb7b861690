//! Phrases of operations other than pulling an image: package managers, git, Helm, the API server.
//!
//! Only lists: what they mean beside others is said by `error_kind`.

/// Phrases of programs that fetch something else: package managers, git, curl, databases.
#[rustfmt::skip]
pub(super) const OTHER_PROGRAM: &[&str] = &[
    "npm ERR", "npm error", "fatal: repository", "fatal: could not read",
    "fatal: unable to access", "remote: Repository not found", "curl: (6)", "curl: (7)", "curl: (22)", "curl: (28)",
    "curl: (35)", "curl: (60)", "no matching distribution found", "SQLSTATE", "psql", "pg_hba",
    "MongoNetworkError", "go: module", "java.net", "E: Failed to fetch",
    "fatal: Authentication failed", "remote HTTP Basic", "remote: Invalid", "remote: Support for password",
    "Credentials not correct for",
    "could not find a version that satisfies", "could not transfer artifact", "could not resolve all",
    "password authentication failed", "Access denied for user", "WRONGPASS", "NOAUTH", "MongoServerError",
    "API rate limit exceeded", "secondary rate limit", "provider packages",
    "Permission denied publickey", "failed liveness probe", "failed startup probe",
    "request failed with status code", "Traceback most recent call last", "terraform error", "pulumi error",
];

/// Phrases of Helm, Argo CD, Flux, git and builders that push: none of them is a pull of the kubelet.
#[rustfmt::skip]
pub(super) const OTHER_OPERATION: &[&str] = &[
    "INSTALLATION FAILED", "UPGRADE FAILED", "helm pull", "pull helm", "pulling helm", "fetch helm", "download helm", "helm dependency", "helm template", "generate manifest for source", "perform FetchReference on source",
    "chart repository", "download chart", "pull chart", "fetch chart", "OCI chart", "HelmChart", "HelmRepository", "index.yaml",
    "failed to push", "unable to push", "error pushing", "push permissions", "pushing image", "pushing manifest",
    "failed to upload", "uploading blob", "git fetch", "git ls-remote", "git clone", "failed to list refs", "failed to clone",
    "unable to clone", "pull artifact from", "determine artifact digest",
    // What is pulled is no image.
    "pull git", "pull changes", "pull source code", "pull branch", "pull submodule", "pull module", "pull metrics",
    "failed to pull secret", "could not pull secret", "unable to pull secret", "error pulling secret",
    "failed to pull configuration", "failed to pull package", "failed to pull plugin",
];

/// Phrases of kubectl and client-go about the API server (`kubectl/pkg/cmd/util`, `apimachinery/pkg/api/errors`).
#[rustfmt::skip]
pub(super) const API_SERVER: &[&str] = &[
    "Error from server", "logged in to the server", "asked for the client to provide credentials", "disruption budget",
    "asked us to try again later", "Kubernetes cluster unreachable", "unable to authenticate the request",
    "couldn't get resource list", "failed to watch", "failed to list v1", "object has been modified", "reflector.go",
];
