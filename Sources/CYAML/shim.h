// libyaml needs nothing but its header: Swift imports all of it.
#include <yaml.h>
