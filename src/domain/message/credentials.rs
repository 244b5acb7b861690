//! Phrases of registries about a credential that is wrong, revoked, suspended or disabled.
//!
//! Only a list: what it means beside others is said by `error_kind`.

#[rustfmt::skip]
pub(super) const BAD_CREDENTIAL: &[&str] = &[
    "recurring login failures", "must be verified before", "incorrect username or password", "invalid username or password",
    "failed authentication", "bad credentials", "invalid token", "invalid credentials", "authentication failed",
    "login failed", "wrong password", "wrong username", "invalid user", "bad username or password",
    "password is incorrect", "invalid access token", "invalid login", "incorrect password", "bad auth",
    "could not find robot", "wrong robot", "invalid auth", "token is invalid", "failed to login",
    "could not login", "invalid authorization", "invalid api key", "robot account", "malformed token",
    "token signature", "HTTP Basic Access denied", "invalid password", "unable to authenticate",
    "credentials provided", "user is disabled", "user was not found", "token revoked", "has been revoked",
    "unable to parse token", "User cannot be authenticated with the token provided",
    "token suspended", "token is suspended", "token has been suspended", "token disabled", "token is disabled",
    "token has been disabled", "token is revoked", "key is disabled", "key has been disabled", "key suspended",
    "key is revoked",
];
