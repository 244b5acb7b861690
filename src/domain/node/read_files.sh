# Prints which registries, mirrors and proxies the node's files name. Reads only; prints no password.
open=
print_proxies() {
  set -f
  IFS=" \"'"
  for word in $1; do
    case $word in
      HTTP_PROXY=*|HTTPS_PROXY=*|NO_PROXY=*|http_proxy=*|https_proxy=*|no_proxy=*)
        case $word in
          *://*@*) word="${word%%://*}://***@${word##*@}" ;;
          *@*) word="${word%%=*}=***@${word##*@}" ;;
        esac
        printf 'Environment=%s\n' "$word" ;;
    esac
  done
  set +f
  unset IFS
}
print_lines() {
  [ -f "$1" ] || return 0
  if ! [ -r "$1" ]; then echo "@denied ${1#/host}"; return 0; fi
  echo "@file ${1#/host}"
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line#"${line%%[![:space:]]*}"}
    case $line in Environment=*) print_proxies "${line#*=}"; continue ;; esac
    case $line in *://*@*) line="${line%%://*}://***@${line##*@}" ;; esac
    case $open$line in
      +*) printf '%s\n' "$line"; case $line in *\]*) open= ;; esac ;;
      \#*|*[Pp]assword*|*[Aa]uthorization*|*[Tt]oken*=*|*\{*[Aa]uth*) ;;
      \[*|server[\ =]*|capabilities*=*|override_path*=*|*config_path*=*|endpoint*=*|\
      prefix*=*|location*=*|blocked*=*|mirror-by-digest-only*=*|pull-from-mirror*=*)
        printf '%s\n' "$line"
        case $line in *=*\[*\]*) ;; [!\[]*=*\[*) open=+ ;; esac ;;
    esac
  done <"$1"
  open=
}
for dir in "$@"; do
  for file in "$dir"/config.toml "$dir"/conf.d/*.toml "$dir"/*/*/hosts.toml "$dir"/conf.d/hosts/*/hosts.toml \
    "$dir"/registries.conf "$dir"/registries.conf.d/*.conf "$dir"/containerd.service "$dir"/crio.service \
    "$dir"/containerd.service.d/*.conf "$dir"/crio.service.d/*.conf "$dir"/k3s*.service.d/*.conf "$dir"/rke2*.service.d/*.conf; do
    print_lines "$file"
  done
done
echo @end
