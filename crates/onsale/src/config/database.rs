//! What a database URL means, as far as it can be told without asking.

use super::Config;

/// Where a sale is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    MySql,
}

/// The engine that a URL names; `None`: none that there is.
pub fn engine(url: &str) -> Option<Engine> {
    match url.split_once(':')?.0 {
        "sqlite" => Some(Engine::Sqlite),
        "mysql" => Some(Engine::MySql),
        _ => None,
    }
}

/// A URL as it may be shown: `mysql://user:***@host/name`, and no password in its query either.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (place, query) = rest.split_at(end);
    // A password may have an @ of its own; the last one stands before the host.
    let place = place.rfind('@').map_or_else(
        || place.to_owned(),
        |at| {
            let user = place[..at].split(':').next().unwrap_or_default();
            format!("{user}:***{}", &place[at..])
        },
    );
    let hidden = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if name.contains("password") => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    let query = hidden.collect::<Vec<_>>().join("&");
    format!("{scheme}://{place}{query}")
}

/// What is wrong with the database's settings, one line each.
pub(super) fn mistakes(config: &Config) -> Vec<String> {
    let mut mistakes = config.database.mistakes();
    let engine = engine(&config.database_url);
    if engine.is_none() {
        mistakes.push("database_url: a URL begins with sqlite: or mysql://".to_owned());
    }
    match (engine, &config.database_reader_url) {
        (Some(Engine::Sqlite), Some(_)) => {
            mistakes.push("database_reader_url: SQLite has no separate reader".to_owned());
        }
        (_, Some(url)) if self::engine(url) != Some(Engine::MySql) => {
            mistakes.push("database_reader_url: a URL begins with mysql://".to_owned());
        }
        _ => {}
    }
    let longest = config.database.database_wait_ms_max + config.database.database_answer_ms_max;
    if engine == Some(Engine::MySql) && longest >= config.limits.request_deadline_ms {
        mistakes.push(
            "database_wait_ms_max and database_answer_ms_max must stay below request_deadline_ms \
             together, or no time would be left to find out what became of a commit"
                .to_owned(),
        );
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            ("mysql://u:p@h:1/n?x=1", "mysql://u:***@h:1/n?x=1"),
            ("mysql://u:a@b/c@h/n", "mysql://u:***@h/n"),
            ("redis://:p@h", "redis://:***@h"),
            (
                "redis-sentinel://a,b/0?master=m&sentinel_password=p",
                "redis-sentinel://a,b/0?master=m&sentinel_password=***",
            ),
            ("mysql://h/n", "mysql://h/n"),
            ("sqlite:a/b.db", "sqlite:a/b.db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn a_url_names_its_engine() {
        assert_eq!(engine("sqlite:a.db"), Some(Engine::Sqlite));
        assert_eq!(engine("mysql://h/n"), Some(Engine::MySql));
        assert_eq!(engine("postgres://h/n"), None);
        assert_eq!(engine("onsale.db"), None);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let with = |url: &str, reader: Option<&str>, answer_ms: u32| {
            let mut config = Config {
                database_url: url.to_owned(),
                database_reader_url: reader.map(str::to_owned),
                ..Config::default()
            };
            config.database.database_answer_ms_max = answer_ms;
            mistakes(&config).len()
        };
        assert_eq!(with("mysql://h/n", Some("mysql://r/n"), 4_000), 0);
        assert_eq!(with("mysql://h/n", Some("sqlite:r.db"), 4_000), 1);
        assert_eq!(with("sqlite:n.db", Some("mysql://r/n"), 4_000), 1);
        assert_eq!(with("file.db", None, 4_000), 1);
        assert_eq!(with("mysql://h/n", None, 9_000), 1);
    }
}
