//! A table of mistakes and what is said to each; and that what the program itself says about the configuration is so.

use super::key::{KEYS, SECTIONS, Shown};
use super::*;

fn read_text(text: &str) -> Result<Configuration, Vec<Mistake>> {
    read(Some((Path::new("tidings.toml"), text)), [], &[])
}

fn read_variables(variables: &[(&str, &str)]) -> Result<Configuration, Vec<Mistake>> {
    let variables = variables.iter();
    read(
        None,
        variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        &[],
    )
}

/// The mistakes as lines: place, what, and the hint behind an arrow.
fn told(result: &Result<Configuration, Vec<Mistake>>) -> Vec<String> {
    let mistakes = match result {
        Ok(configuration) => &configuration.warnings,
        Err(mistakes) => mistakes,
    };
    let line = |mistake: &Mistake| {
        let text = mistake.to_string().replace("tidings.toml:", "");
        match &mistake.hint {
            Some(hint) => format!("{text} → {hint}"),
            None => text,
        }
    };
    mistakes.iter().map(line).collect()
}

#[test]
fn each_mistake_in_the_file_is_told_with_its_place_and_what_was_meant() {
    const MISTAKES: &[(&str, &[&str])] = &[
        (
            "listen = '127.0.0.1:1'",
            &["1:1: unknown key `listen` → did you mean `server.listen`?"],
        ),
        (
            "[server]\nlisen = '127.0.0.1:1'",
            &["2:1: unknown key `server.lisen` → did you mean `server.listen`?"],
        ),
        (
            "[sever]\nlisten = '127.0.0.1:1'",
            &["2:1: unknown key `sever.listen` → did you mean `server.listen`?"],
        ),
        (
            "[sever]",
            &["1:2: unknown section `sever` → did you mean [server]?"],
        ),
        (
            "server = 1",
            &["1:1: `server` is a section, not a key → write [server], and its keys below"],
        ),
        (
            "server = '127.0.0.1:8377'",
            &["1:1: `server` is a section, not a key → write [server], and its keys below"],
        ),
        (
            "[server]\nlisten = '127.0.0.1'",
            &[
                "2:10: `server.listen` should be an address and a port, such as \"127.0.0.1:8377\" or \"[::1]:8377\"",
            ],
        ),
        (
            "[server]\nlisten = 'localhost:8377'",
            &[
                "2:10: `server.listen` should be an address and a port, such as \"127.0.0.1:8377\" or \"[::1]:8377\"; for localhost write \"127.0.0.1:8377\"",
            ],
        ),
        (
            "[server]\nlisten = 8377",
            &["2:10: `server.listen` should be a text, not a number"],
        ),
        (
            "[server]\nlisten = true",
            &["2:10: `server.listen` should be a text, not true or false"],
        ),
        (
            "[server.listen]\naddress = 'x'",
            &["2:1: unknown key `server.listen.address` → did you mean `server.listen`?"],
        ),
        (
            "[server]\nreach = 'everywhere'",
            &["2:9: `server.reach` should be \"this_machine\" or \"network\""],
        ),
        (
            "[server]\nreach = true",
            &["2:9: `server.reach` should be a text, not true or false"],
        ),
        (
            "[server]\nmax_connections = 0",
            &["2:19: `server.max_connections` should be a whole number from 1 to 1000000"],
        ),
        (
            "[server]\nmax_connections = 1.5",
            &["2:19: `server.max_connections` should be a whole number, not a fraction"],
        ),
        (
            "[server]\nmax_connections = '1024'",
            &["2:19: `server.max_connections` should be a whole number, not a text"],
        ),
        (
            "[server]\ndrain_timeout = 30",
            &["2:17: `server.drain_timeout` should be a length of time such as \"30s\", not a number"],
        ),
        (
            "[server]\ndrain_timeout = 'soon'",
            &["2:17: `server.drain_timeout` should be a length of time from 1s to 1h"],
        ),
        (
            "[server]\ndrain_timeout = '2h'",
            &["2:17: `server.drain_timeout` should be a length of time from 1s to 1h"],
        ),
        (
            "[server]\nport = 8377",
            &["2:1: unknown key `server.port` → `tidings config keys` lists every key"],
        ),
        (
            "[data]\ndirectory = ''",
            &["2:13: `data.directory` should be a path, not an empty text"],
        ),
        (
            "[data]\ndir = '/var'",
            &["2:1: unknown key `data.dir` → did you mean `data.directory`?"],
        ),
        (
            "[database]\ndirectory = '/var'",
            &["2:1: unknown key `database.directory` → did you mean `data.directory`?"],
        ),
        (
            "[data]\nreaders = 65",
            &["2:11: `data.readers` should be a whole number from 1 to 64"],
        ),
        (
            "[data]\nsealing_key = '00'",
            &["2:1: unknown key `data.sealing_key` → did you mean `data.sealing_key_file`?"],
        ),
        (
            "[delivery]\nproduction_url = 'http://localhost'",
            &["2:18: `delivery.production_url` cannot be used: give https://HOST:PORT, without a path"],
        ),
        (
            "[delivery]\nsandbox_url = 'https://localhost:1/3/device'",
            &["2:15: `delivery.sandbox_url` cannot be used: give https://HOST:PORT, without a path"],
        ),
        (
            "[delivery]\nproxy = 'socks5://u:s3cret@h:1'",
            &["2:9: `delivery.proxy` cannot be used: cannot use a proxy of scheme \"socks5\", only http"],
        ),
        (
            "[delivery]\non_unknown = 'again'",
            &["2:14: `delivery.on_unknown` should be \"retry\" or \"drop\""],
        ),
        (
            "[delivery]\nroots = ['system']",
            &["2:9: `delivery.roots` should be a text, not a list"],
        ),
        (
            "[retention]\ndevices = '0d'",
            &["2:11: `retention.devices` should be a length of time from 1d to 3650d"],
        ),
        (
            "[retention]\ndevices = '12h'",
            &["2:11: `retention.devices` should be a length of time from 1d to 3650d"],
        ),
        (
            "[retention]\ndevice = '90d'",
            &["2:1: unknown key `retention.device` → did you mean `retention.devices`?"],
        ),
        (
            "[log]\nlevel = 'verbose'",
            &[
                "2:9: `log.level` should be \"error\" or \"warn\" or \"info\" or \"debug\" or \"trace\" or \"off\"",
            ],
        ),
        (
            "[log]\nformat = 'yaml'",
            &["2:10: `log.format` should be \"text\" or \"json\""],
        ),
        (
            "[logs]\nformat = 'json'",
            &["2:1: unknown key `logs.format` → did you mean `log.format`?"],
        ),
        (
            "[server\nlisten = '127.0.0.1:1'",
            &[
                "1:8: not TOML: unclosed table, expected `]` → `tidings config example` prints a file that works",
            ],
        ),
        (
            "[server]\nlisten = 127.0.0.1:1",
            &[
                "2:15: not TOML: invalid float, expected nothing → `tidings config example` prints a file that works",
            ],
        ),
        (
            "[server]\nlisten = '127.0.0.1:1'\nlisten = '127.0.0.1:2'",
            &["3:1: not TOML: duplicate key → `tidings config example` prints a file that works"],
        ),
        (
            "[server]\nlisten '127.0.0.1:1'",
            &[
                "2:8: not TOML: key with no value, expected `=` → `tidings config example` prints a file that works",
            ],
        ),
        (
            "[credentials]\napp = 'com.example.app'",
            &["2:1: credentials are a list → write [[credentials]] before each of them"],
        ),
        (
            "credentials = ['a']",
            &["1:1: credentials are a list → write [[credentials]] before each of them"],
        ),
        (
            "[[credential]]\napp = 'com.example.app'",
            &["2:1: unknown key `credential.0.app` → did you mean `credentials.app`?"],
        ),
        (
            "[[credentials]]",
            &[
                "1:1: this credential has no `app` → give it, as `app = \"com.example.app\"`",
                "1:1: this credential has no `file` → give it, as `file = \"AuthKey_ABCDE12345.p8\"`",
            ],
        ),
        (
            "[[credentials]]\nfile = 'AuthKey_ABCDE12345.p8'\nteam_id = 'TEAM123456'",
            &["1:1: this credential has no `app` → give it, as `app = \"com.example.app\"`"],
        ),
        (
            "[[credentials]]\napp = 'com.example.app'",
            &["1:1: this credential has no `file` → give it, as `file = \"AuthKey_ABCDE12345.p8\"`"],
        ),
        (
            "[[credentials]]\napp = 'com.example.app'\nfile = 'AuthKey_ABCDE12345.p8'",
            &["1:1: this credential has no `team_id` → give it, as `team_id = \"TEAM123456\"`"],
        ),
        (
            "[[credentials]]\napp = 'com.example.app'\nfile = 'key.p8'\nteam_id = 'TEAM123456'",
            &[
                "3:8: `credentials.key_id` is missing, and the name of the file does not hold it → give `key_id`: ten letters and digits, shown at developer.apple.com under Keys",
            ],
        ),
        (
            "[[credentials]]\napp = 'com.example.app'\nfile = 'AuthKey_ABCDE12345.p8'\nteam_id = 'TEAM'",
            &["4:11: `credentials.team_id` cannot be used: parsing the team id: 4 characters instead of 10"],
        ),
        (
            "[[credentials]]\napp = 'com example'\nfile = 'push.p12'",
            &[
                "2:7: `credentials.app` cannot be used: parsing the bundle id: ' ' at byte 3 where only letters, digits, `-`, `_` and `.` belong",
            ],
        ),
        (
            "[[credentials]]\napp = 'com.example.app'\nfile = 'push.p12'\npassword = 's3cret'",
            &[
                "4:12: `credentials.password` is a secret, and does not belong in this file: give it by a variable or in a file of its own",
            ],
        ),
        (
            "[[credentials]]\napp = 'com.example.app'\nfile = 'push.p12'\nenvironments = ['staging']",
            &["4:16: `credentials.environments` should be a list of \"production\" and \"sandbox\""],
        ),
        (
            "[[credentials]]\napp = 'com.example.app'\nfile = 'push.p12'\nenvironments = []",
            &["4:16: `credentials.environments` should name \"production\", \"sandbox\" or both"],
        ),
        (
            "[[credentials]]\napp = 'com.example.app'\nfile = 'push.p12'\nenvironment = ['sandbox']",
            &["4:1: unknown key `credentials.0.environment` → did you mean `credentials.environments`?"],
        ),
        (
            "[[credentials]]\napp = 'com.example.app'\nfile = 'AuthKey_ABCDE12345.p8'\nteam_id = 'TEAM123456'\nprivate_key_file = 'k'",
            &["5:20: a signing key has no certificate that it could belong to → remove `private_key_file`"],
        ),
    ];
    for (text, expected) in MISTAKES {
        assert_eq!(told(&read_text(text)), *expected, "{text}");
    }
}

#[test]
fn each_mistake_in_a_variable_names_the_variable() {
    const MISTAKES: &[(&str, &str, &[&str])] = &[
        (
            "TIDINGS_SERVER__LISEN",
            "127.0.0.1:1",
            &["TIDINGS_SERVER__LISEN: unknown key `server.lisen` → did you mean `server.listen`?"],
        ),
        (
            "TIDINGS_SERVER__LISTEN",
            "1",
            &[
                "TIDINGS_SERVER__LISTEN: `server.listen` should be an address and a port, such as \"127.0.0.1:8377\" or \"[::1]:8377\"",
            ],
        ),
        (
            "TIDINGS_DATA__READERS",
            "many",
            &["TIDINGS_DATA__READERS: `data.readers` should be a whole number from 1 to 64"],
        ),
        (
            "TIDINGS_RETENTION__DEVICES",
            "10",
            &["TIDINGS_RETENTION__DEVICES: `retention.devices` should be a length of time from 1d to 3650d"],
        ),
        (
            "TIDINGS_CREDENTIALS__0__TEAM_ID",
            "TEAM123456",
            &[
                "TIDINGS_CREDENTIALS__0__TEAM_ID: this credential has no `app` → give it, as `app = \"com.example.app\"`",
                "TIDINGS_CREDENTIALS__0__TEAM_ID: this credential has no `file` → give it, as `file = \"AuthKey_ABCDE12345.p8\"`",
            ],
        ),
    ];
    for (variable, value, expected) in MISTAKES {
        assert_eq!(
            told(&read_variables(&[(variable, value)])),
            *expected,
            "{variable}"
        );
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = "[log]\nlevel = 'loud'\n[server]\nlisten = 1\nlisen = 2\n[[credentials]]\nfile = 'a.p12'\n";
    let mistakes = read_text(text).unwrap_err();
    let lines: Vec<String> = mistakes
        .iter()
        .map(|mistake| mistake.origin.to_string())
        .collect();
    assert_eq!(
        lines,
        [
            "tidings.toml:2:9",
            "tidings.toml:4:10",
            "tidings.toml:5:1",
            "tidings.toml:6:1"
        ]
    );
}

#[test]
fn a_variable_goes_before_the_file_and_says_so() {
    let file = "[server]\nlisten = '127.0.0.1:1'\n[data]\nreaders = 2\n";
    let variables = [("TIDINGS_SERVER__LISTEN".to_owned(), "[::1]:2".to_owned())];
    let configuration = read(Some((Path::new("/etc/tidings.toml"), file)), variables, &[]).unwrap();
    assert_eq!(configuration.settings.server.listen.to_string(), "[::1]:2");
    assert_eq!(
        configuration.origin("server.listen"),
        Origin::Variable("TIDINGS_SERVER__LISTEN".to_owned())
    );
    assert_eq!(
        configuration.origin("data.readers").to_string(),
        "/etc/tidings.toml:4:11"
    );
    assert_eq!(configuration.origin("log.level"), Origin::Default);
}

#[test]
fn variables_that_mean_something_else_are_left_alone() {
    let others = [
        ("TIDINGS_API_KEY", "x"),
        ("TIDINGS_CONFIG", "y"),
        ("PATH__X", "z"),
    ];
    assert!(read_variables(&others).unwrap().set.is_empty());
}

#[test]
fn a_key_for_every_setting_with_a_default_says_the_truth_about_it() {
    let unset = format!("{:?}", Settings::default());
    for key in &KEYS {
        let (Shown::Default(shown) | Shown::Example(shown)) = key.shown;
        let text = format!("[{}]\n{} = {shown}\n", key.section(), key.short_name());
        let settings = read_text(&text).map(|configuration| format!("{:?}", configuration.settings));
        let settings = settings.unwrap_or_else(|mistakes| panic!("{}: {mistakes:?}", key.name));
        assert_eq!(
            settings == unset,
            matches!(key.shown, Shown::Default(_)),
            "{}",
            key.name
        );
    }
}

#[test]
fn every_key_can_be_set_by_its_variable() {
    for key in &KEYS {
        let (Shown::Default(shown) | Shown::Example(shown)) = key.shown;
        let result = read_variables(&[(&key.variable(), shown.trim_matches('"'))]);
        assert!(result.is_ok(), "{}: {:?}", key.name, told(&result));
    }
}

#[test]
fn every_setting_is_shown_with_its_value_and_origin_but_no_secret() {
    let text = "[server]\nmax_connections = 77\n[delivery]\nproxy = 'http://user:hunter2@proxy:8080'\n";
    let shown = read_text(text).unwrap().shown;
    assert_eq!(shown.len(), KEYS.len());
    let of = |name: &str| {
        let found = shown.iter().find(|setting| setting.name == name);
        let setting = found.unwrap_or_else(|| panic!("{name}"));
        (
            setting.value.as_str(),
            setting.origin.rsplit_once("toml").is_some(),
        )
    };
    assert_eq!(of("server.max_connections"), ("77", true));
    assert_eq!(of("server.listen"), ("127.0.0.1:8377", false));
    assert_eq!(of("delivery.proxy"), ("(not shown)", true));
    assert!(!format!("{shown:?}").contains("hunter2"));
}

#[test]
fn the_example_is_understood_as_it_is_and_with_every_key_in_use() {
    assert_eq!(told(&read_text(&example())), [] as [&str; 0]);
    let used: String = example()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.contains(" = ") || key.starts_with("[[") => format!("{key}\n"),
            _ => String::new() + line + "\n",
        })
        .collect();
    let configuration = read_text(&used).unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{used}"));
    let sections = SECTIONS
        .iter()
        .filter(|section| used.contains(&format!("[{}]", section.name)));
    assert_eq!(sections.count(), SECTIONS.len());
    assert!(configuration.set.len() > KEYS.len());
}

#[test]
fn a_name_that_is_nearly_right_leads_to_the_right_one_for_every_key() {
    for key in &KEYS {
        let mut slip: Vec<char> = key.name.chars().collect();
        let last = slip.len() - 1;
        slip.swap(last, last - 1);
        let slip: String = slip.into_iter().collect();
        let text = format!("{slip} = 1");
        let lines = told(&read_text(&text));
        // The last two letters of some are the same.
        if slip != key.name {
            assert!(lines[0].contains(&format!("`{}`", key.name)), "{lines:?}");
        }
    }
}

#[test]
fn a_signing_key_takes_its_id_from_its_file_and_a_path_is_relative_to_the_file() {
    let file = "[[credentials]]\napp = 'com.example.app'\nfile = 'keys/AuthKey_ABCDE12345.p8'\n\
                team_id = 'TEAM123456'\n[[credentials]]\napp = 'com.example.app'\nfile = '/push.p12'\n\
                password_file = 'p.txt'\nenvironments = ['development']\n";
    let configuration = read(Some((Path::new("/etc/tidings/t.toml"), file)), [], &[]).unwrap();
    let [key, certificate] = &configuration.settings.credentials[..] else {
        panic!("{configuration:?}");
    };
    assert_eq!(key.file, Path::new("/etc/tidings/keys/AuthKey_ABCDE12345.p8"));
    assert!(
        matches!(&key.form, DeclaredForm::SigningKey { key_id, .. } if key_id.as_str() == "ABCDE12345"),
        "{key:?}"
    );
    assert_eq!(certificate.file, Path::new("/push.p12"));
    assert!(
        matches!(&certificate.form, DeclaredForm::Certificate { password: Password::File(path), .. }
            if path == Path::new("/etc/tidings/p.txt")),
        "{certificate:?}"
    );
}

#[test]
fn a_password_comes_from_the_environment_and_is_never_shown() {
    let file = "[[credentials]]\napp = 'com.example.app'\nfile = 'push.p12'\n";
    let variables = [("TIDINGS_CREDENTIALS__0__PASSWORD".to_owned(), "s3cret".to_owned())];
    let configuration = read(Some((Path::new("t.toml"), file)), variables, &[]).unwrap();
    let form = &configuration.settings.credentials[0].form;
    assert!(
        matches!(form, DeclaredForm::Certificate { password: Password::Text(text), .. } if text.as_str() == "s3cret")
    );
    assert!(!format!("{configuration:?}").contains("s3cret"));
}
