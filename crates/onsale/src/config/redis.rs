//! What the settings of Redis mean, as far as it can be told without asking.

use coordination::redis::Place;

use super::Config;

/// What is wrong with the settings of Redis, one line each.
pub(super) fn mistakes(config: &Config) -> Vec<String> {
    let mut mistakes = config.redis.mistakes();
    if let Some(Err(error)) = config.redis_url.as_ref().map(|url| url.parse::<Place>()) {
        mistakes.push(format!("redis_url: {error}"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let prefix = &config.redis_prefix;
    if prefix.is_empty() || prefix.len() > 64 || !prefix.chars().all(allowed) {
        mistakes.push("redis_prefix must be 1 to 64 of A-Z a-z 0-9 . _ -".to_owned());
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told() {
        let with = |url: &str, prefix: &str| {
            let config = Config {
                redis_url: Some(url.to_owned()),
                redis_prefix: prefix.to_owned(),
                ..Config::default()
            };
            mistakes(&config).len()
        };
        assert_eq!(with("redis://localhost", "onsale"), 0);
        assert_eq!(with("localhost", "onsale"), 1);
        assert_eq!(with("redis://localhost", "a{b}"), 1);
        assert_eq!(with("redis://localhost", ""), 1);
    }
}
