/** Code that every service shares as its own process. */
@NullMarked
package dev.muster.contract.service;

import org.jspecify.annotations.NullMarked;
