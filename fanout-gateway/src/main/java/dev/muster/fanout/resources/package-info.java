/** Every call of the HTTP API in one list, and the page. */
@NullMarked
package dev.muster.fanout.resources;

import org.jspecify.annotations.NullMarked;
