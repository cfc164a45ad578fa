//! Routing: finds the operation for a path and a method, as API Gateway does.

use std::collections::HashMap;

/// The routes of all operations, each leading to an operation's place in the list.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    literal: HashMap<&'static str, Vec<Route>>,
    with_parameters: Vec<(Vec<&'static str>, Route)>,
}

#[derive(Clone, Copy, Debug)]
struct Route {
    path: &'static str,
    methods: &'static [&'static str],
    operation: usize,
}

/// The route that a request takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RouteMatch {
    /// The operation's place in the list.
    pub(crate) operation: usize,
    /// The path as it is declared, with its `{name}`s.
    pub(crate) path: &'static str,
    /// The value of each `{name}`.
    pub(crate) parameters: HashMap<String, String>,
}

impl Routes {
    /// Adds a route. A path segment `{name}` stands for any one segment.
    pub(crate) fn add(
        &mut self,
        path: &'static str,
        methods: &'static [&'static str],
        operation: usize,
    ) {
        let route = Route {
            path,
            methods,
            operation,
        };
        if path.contains('{') {
            let segments = path.split('/').collect();
            self.with_parameters.push((segments, route));
        } else {
            self.literal.entry(path).or_default().push(route);
        }
    }

    /// Returns the route for a decoded path. A path without parameters goes before patterns.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<RouteMatch> {
        let takes = |route: &&Route| route.methods.contains(&method);
        let literal = self.literal.get(path).into_iter().flatten();
        if let Some(route) = literal.copied().find(|route| takes(&route)) {
            return Some(route.matched(HashMap::new()));
        }
        self.with_parameters
            .iter()
            .filter(|(_, route)| takes(&route))
            .find_map(|(segments, route)| Some(route.matched(parameters(segments, path)?)))
    }
}

impl Route {
    fn matched(self, parameters: HashMap<String, String>) -> RouteMatch {
        RouteMatch {
            operation: self.operation,
            path: self.path,
            parameters,
        }
    }
}

fn parameters(pattern: &[&str], path: &str) -> Option<HashMap<String, String>> {
    let mut parameters = HashMap::new();
    let mut segments = path.split('/');
    for expected in pattern {
        let segment = segments.next()?;
        match name(expected) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                parameters.insert(name.to_owned(), segment.to_owned());
            }
            None if segment == *expected => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(parameters)
}

fn name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: &str, path: &str) -> Option<(usize, Vec<(String, String)>)> {
        let mut routes = Routes::default();
        routes.add("/things/list", &["GET", "POST"], 0);
        routes.add("/things/{id}", &["GET"], 1);
        routes.add("/things/{id}", &["DELETE"], 2);
        routes.add("/things/{id}/parts/{part}", &["GET"], 3);
        routes.add("/things", &["POST"], 4);
        let matched = routes.find(method, path)?;
        let mut parameters: Vec<_> = matched.parameters.into_iter().collect();
        parameters.sort();
        Some((matched.operation, parameters))
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn declared_paths_go_before_patterns() {
        assert_eq!(find("GET", "/things/list"), Some((0, vec![])));
        assert_eq!(find("GET", "/things/7"), Some((1, vec![pair("id", "7")])));
        let expected = Some((2, vec![pair("id", "list")]));
        assert_eq!(find("DELETE", "/things/list"), expected);
    }

    #[test]
    fn each_parameter_is_one_segment() {
        let expected = Some((3, vec![pair("id", "a b"), pair("part", "ü")]));
        assert_eq!(find("GET", "/things/a b/parts/ü"), expected);
        for path in [
            "/things/",
            "/things//parts/x",
            "/things/7/parts",
            "/things/7/parts/x/",
        ] {
            assert_eq!(find("GET", path), None, "{path}");
        }
    }

    #[test]
    fn other_paths_and_methods_have_no_route() {
        for path in [
            "",
            "/",
            "/things",
            "/things/list/",
            "/THINGS/list",
            "things/list",
            "*",
        ] {
            assert_eq!(find("GET", path), None, "{path}");
        }
        assert_eq!(find("PUT", "/things/list"), None);
        assert_eq!(find("get", "/things/list"), None);
    }
}
