//! What a database URL says: where the server is, and whether the way there is encrypted.

use std::net::IpAddr;
use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use super::open::MySqlOpenError;

/// Parameters that a URL may have; others are refused, because a misspelt one would be silence.
const PARAMETERS: [&str; 4] = ["ssl-mode", "ssl-ca", "ssl-cert", "ssl-key"];

/// A URL without its password, for messages: `mysql://host:3306/name`.
pub(super) fn shown(url: &str) -> String {
    let rest = url.strip_prefix("mysql://").unwrap_or(url);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let place = rest.rsplit('@').next().unwrap_or_default();
    format!("mysql://{place}")
}

/// How to connect as a URL says.
///
/// Where the host is not this machine the way is encrypted, and the server's certificate is checked
/// where `ssl-ca` names who signed it; `ssl-mode` says otherwise.
pub(super) fn options(url: &str) -> Result<MySqlConnectOptions, MySqlOpenError> {
    let bad = |why: &str| MySqlOpenError::BadUrl {
        url: shown(url),
        why: why.to_owned(),
    };
    if !url.starts_with("mysql://") {
        return Err(bad("it does not begin with mysql://"));
    }
    let parameters = parameters(url);
    for name in &parameters {
        if !PARAMETERS.contains(name) {
            return Err(bad(&format!("there is no parameter {name}")));
        }
    }
    let options = MySqlConnectOptions::from_str(url).map_err(|error| bad(&error.to_string()))?;
    if options.get_database().is_none_or(str::is_empty) {
        return Err(bad(
            "it names no database: mysql://user:password@host:3306/name",
        ));
    }
    let options = if parameters.contains(&"ssl-mode") {
        options
    } else {
        let mode = ssl_mode(
            is_this_machine(options.get_host()),
            parameters.contains(&"ssl-ca"),
        );
        options.ssl_mode(mode)
    };
    Ok(options
        .charset("utf8mb4")
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .statement_cache_capacity(0)
        .disable_statement_logging())
}

fn parameters(url: &str) -> Vec<&str> {
    let Some((_, query)) = url.split_once('?') else {
        return Vec::new();
    };
    let names = query.split('&').filter_map(|pair| pair.split('=').next());
    names.filter(|name| !name.is_empty()).collect()
}

const fn ssl_mode(this_machine: bool, with_authority: bool) -> MySqlSslMode {
    match (this_machine, with_authority) {
        (_, true) => MySqlSslMode::VerifyIdentity,
        (true, false) => MySqlSslMode::Preferred,
        (false, false) => MySqlSslMode::Required,
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> String {
        format!("{:?}", options(url).expect("a URL").get_ssl_mode())
    }

    #[test]
    fn the_way_to_another_machine_is_encrypted_unless_said_otherwise() {
        assert_eq!(mode("mysql://u:p@127.0.0.1/onsale"), "Preferred");
        assert_eq!(mode("mysql://u:p@localhost:3307/onsale"), "Preferred");
        assert_eq!(mode("mysql://u:p@db.example.com/onsale"), "Required");
        assert_eq!(
            mode("mysql://u:p@db.example.com/onsale?ssl-ca=/ca.pem"),
            "VerifyIdentity"
        );
        assert_eq!(
            mode("mysql://u:p@db.example.com/onsale?ssl-mode=DISABLED"),
            "Disabled"
        );
    }

    #[test]
    fn a_url_that_says_too_little_or_too_much_is_refused() {
        let why = |url: &str| options(url).expect_err("a bad URL").to_string();
        assert!(why("mysql://u:p@127.0.0.1").contains("no database"));
        assert!(why("mysql://u:p@h/onsale?sslmode=off").contains("sslmode"));
        assert!(!why("mysql://u:secret@h/onsale?x=1").contains("secret"));
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(shown("mysql://u:a@b@h:1/n?ssl-ca=x"), "mysql://h:1/n");
    }
}
