//! Which language the user's locale asks for. Reads nothing itself.

use std::ffi::OsString;

use super::Language;

/// The language that the variables of the process ask for or, if none of them says anything, that of the interface of
/// the operating system.
///
/// `LC_ALL` comes before `LC_MESSAGES` and `LANG`
/// ([POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_02)); the list in `LANGUAGE`
/// comes before all of them, unless they say `C`
/// ([gettext](https://www.gnu.org/software/gettext/manual/html_node/The-LANGUAGE-variable.html)).
pub(super) fn language(
    variable: impl Fn(&str) -> Option<OsString>,
    interface: impl FnOnce() -> Option<String>,
) -> Language {
    let text = |name: &str| {
        variable(name)?
            .into_string()
            .ok()
            .filter(|text| !text.is_empty())
    };
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(text);
    if matches!(locale.as_deref(), Some("C" | "POSIX"))
        || locale.as_deref().is_some_and(is_unwritable)
    {
        return Language::English;
    }
    let listed = text("LANGUAGE");
    let listed = listed
        .iter()
        .flat_map(|list| list.split(':'))
        .find_map(spoken);
    listed
        .or_else(|| {
            locale
                .as_deref()
                .map(|locale| spoken(locale).unwrap_or(Language::English))
        })
        .or_else(|| spoken(&interface()?))
        .unwrap_or(Language::English)
}

/// Whether a locale has an encoding other than UTF-8, in which this program cannot write.
fn is_unwritable(locale: &str) -> bool {
    let encoding = locale
        .split_once('.')
        .map(|(_, rest)| rest.split('@').next().unwrap_or(rest));
    encoding.is_some_and(|encoding| !encoding.replace('-', "").eq_ignore_ascii_case("utf8"))
}

/// The language of a locale such as `zh_CN.UTF-8` or `zh-Hans-CN`; `None` if it is another one.
///
/// Chinese in traditional characters is another one.
fn spoken(locale: &str) -> Option<Language> {
    let name = locale
        .split(['.', '@'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut parts = name.split(['-', '_']);
    match parts.next()? {
        "en" | "c" | "posix" => Some(Language::English),
        "zh" => {
            let rest: Vec<&str> = parts.collect();
            let is_traditional = rest
                .iter()
                .any(|part| matches!(*part, "hant" | "tw" | "hk" | "mo"));
            (rest.contains(&"hans") || !is_traditional).then_some(Language::Chinese)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)], interface: Option<&str>) -> Language {
        let variable = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| OsString::from(value))
        };
        language(variable, || interface.map(str::to_owned))
    }

    #[test]
    fn the_locale_chooses() {
        use Language::{Chinese, English};
        let cases: &[(&[(&str, &str)], Language)] = &[
            (&[], English),
            (&[("LANG", "zh_CN.UTF-8")], Chinese),
            (&[("LANG", "zh_CN")], Chinese),
            (&[("LANG", "zh_CN.utf8@pinyin")], Chinese),
            (&[("LANG", "zh_SG.UTF-8")], Chinese),
            (&[("LANG", "zh")], Chinese),
            (&[("LANG", "zh-Hans")], Chinese),
            (&[("LANG", "zh-Hans-HK")], Chinese),
            (&[("LANG", "zh_TW.UTF-8")], English),
            (&[("LANG", "zh_HK.UTF-8")], English),
            (&[("LANG", "zh-Hant-TW")], English),
            (&[("LANG", "de_DE.UTF-8")], English),
            // GBK is not written.
            (&[("LANG", "zh_CN.GBK")], English),
            (&[("LANG", "zh_CN.GB18030")], English),
            (&[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")], English),
            (&[("LC_ALL", "POSIX"), ("LANG", "zh_CN.UTF-8")], English),
            (&[("LC_ALL", ""), ("LANG", "zh_CN.UTF-8")], Chinese),
            (
                &[("LC_MESSAGES", "en_US.UTF-8"), ("LANG", "zh_CN.UTF-8")],
                English,
            ),
            (
                &[("LC_MESSAGES", "zh_CN.UTF-8"), ("LANG", "en_US.UTF-8")],
                Chinese,
            ),
            (
                &[("LC_ALL", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")],
                Chinese,
            ),
            (
                &[("LANGUAGE", "zh_CN:en"), ("LANG", "en_US.UTF-8")],
                Chinese,
            ),
            (
                &[("LANGUAGE", "en:zh_CN"), ("LANG", "zh_CN.UTF-8")],
                English,
            ),
            (
                &[("LANGUAGE", "zh_TW:zh_CN"), ("LANG", "zh_TW.UTF-8")],
                Chinese,
            ),
            (&[("LANGUAGE", "de"), ("LANG", "zh_CN.UTF-8")], Chinese),
            (&[("LANGUAGE", "zh_CN"), ("LC_ALL", "C")], English),
            (&[("LANGUAGE", "zh_CN"), ("LC_ALL", "C.UTF-8")], Chinese),
            (&[("LANGUAGE", "zh_CN")], Chinese),
        ];
        for (variables, expected) in cases {
            assert_eq!(of(variables, None), *expected, "{variables:?}");
        }
    }

    #[test]
    fn the_interface_counts_where_no_variable_says_anything() {
        assert_eq!(of(&[], Some("zh-CN")), Language::Chinese);
        assert_eq!(of(&[], Some("zh-TW")), Language::English);
        assert_eq!(of(&[], Some("en-US")), Language::English);
        assert_eq!(of(&[("LC_ALL", "C")], Some("zh-CN")), Language::English);
        assert_eq!(
            of(&[("LANG", "de_DE.UTF-8")], Some("zh-CN")),
            Language::English
        );
    }
}
